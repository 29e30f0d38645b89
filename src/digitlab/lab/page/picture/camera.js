// The camera: a live picture with a button, which becomes one photo. Nothing is kept or sent here.

import { h, fill } from "../shell/dom.js";
import { t } from "../shell/words.js";

const MOST = 1920; // pixels of the longer side; more would only take time to read

/**
 * Show the camera's picture in a place; resolves to a JPEG file, or to null if it was cancelled.
 * Rejects if there is no camera, or it may not be used.
 */
export async function openCamera(place) {
  const stream = await navigator.mediaDevices.getUserMedia({
    audio: false,
    video: { facingMode: "environment", width: { ideal: MOST } },
  });
  const video = h("video.camera", {
    autoplay: true,
    muted: true,
    playsinline: true,
    "aria-label": t("picture.camera.live"),
  });
  video.muted = true; // the attribute alone does not count for elements that a script creates
  video.srcObject = stream;
  try {
    await new Promise((begun) => {
      video.addEventListener("loadedmetadata", begun, { once: true });
      fill(place, video);
    });
    await video.play();
    return await asked(place, video);
  } finally {
    for (const track of stream.getTracks()) track.stop();
  }
}

function asked(place, video) {
  return new Promise((answer) => {
    const snap = h(
      "button.button.primary",
      { type: "button", onclick: () => photoOf(video).then(answer) },
      t("picture.snap"),
    );
    const cancel = h(
      "button.button",
      { type: "button", onclick: () => answer(null) },
      t("picture.cancel"),
    );
    const buttons = h("div.picture-buttons", snap, cancel);
    buttons.addEventListener("keydown", (event) => event.key === "Escape" && answer(null));
    place.append(buttons);
    snap.focus();
  });
}

function photoOf(video) {
  const { videoWidth: width, videoHeight: height } = video;
  const canvas = h("canvas", { width, height });
  canvas.getContext("2d").drawImage(video, 0, 0);
  return new Promise((done) => canvas.toBlob(done, "image/jpeg", 0.92));
}
