// Part 4, Watch and control a run: its moments, what it confuses, and trainings started from here.

import { startConfusion } from "./confusion.js";
import { startControl } from "./control.js";
import { fill, h } from "../shell/dom.js";
import { startFollowing } from "./followed.js";
import { startGallery } from "./gallery.js";
import * as source from "../shell/source.js";
import { startTesting } from "./testing.js";
import { startTimeline } from "./timeline.js";
import { startTraining } from "../training/training.js";

export function startRun(section) {
  const controls = section.querySelector("#run-controls");
  const evidence = section.querySelector("#run-evidence");
  const form = h("div.new-training", { hidden: true });
  const timeline = h("div.timeline-region");
  const confusion = h("div.confusion-region");
  const gallery = h("div.gallery-region");
  fill(evidence, form, timeline, h("div.test-region", confusion, gallery));
  startFollowing();
  const training = source.has("runs") ? startTraining(form) : null;
  startControl(controls, training);
  startTimeline(timeline);
  startConfusion(confusion);
  startGallery(gallery);
  startTesting();
}
