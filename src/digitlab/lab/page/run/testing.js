// What the network in use answers to 1,000 test images, computed in the background.

import { forward, probabilities } from "../arithmetic/net.js";
import * as source from "../shell/source.js";
import { get, set, watch } from "../shell/state.js";
import { inSlices, pause } from "../shell/waiting.js";

const results = new WeakMap(); // by a network's weights, which a step of learning replaces
let turn = 0;

/** Keep `tested` in the state up to date: {network, partial, result, problem}. `partial` has
 * the answers so far, `result` all of them. */
export function startTesting() {
  watch(["network", "part"], test);
}

/** Return what is known of a network: {loss, accuracy, right, count, answers, shares, labels}. */
export function known(network) {
  return network ? results.get(network.weights) : undefined;
}

async function test() {
  const network = get("network");
  if (!network || get("tested")?.network === network) return;
  const mine = ++turn;
  const isStale = () => mine !== turn;
  const finished = known(network);
  if (finished) {
    set({ tested: { network, partial: null, result: finished } });
    return;
  }
  set({ tested: { network, partial: null, result: null } });
  try {
    await pause(250); // whoever moves on has it computed once
    if (isStale()) return;
    const { test: images } = await source.images();
    if (isStale()) return;
    const tell = (partial) => isStale() || set({ tested: { network, partial, result: null } });
    const result = await testAll(network, images, isStale, tell);
    if (isStale()) return;
    results.set(network.weights, result);
    set({ tested: { network, partial: null, result } });
  } catch (error) {
    if (!isStale()) set({ tested: { network, partial: null, result: null, problem: error.message } });
  }
}

async function testAll(network, { labels, images }, isStale, tell) {
  const count = labels.length;
  const answers = new Uint8Array(count);
  const shares = new Float32Array(count); // the probability of the answer
  const ofTruth = new Float32Array(count);
  let loss = 0;
  let right = 0;
  let told = performance.now();
  const look = (i) => {
    const pass = forward(network, images.subarray(784 * i, 784 * (i + 1)));
    const all = probabilities(network, pass);
    answers[i] = all.indexOf(Math.max(...all));
    shares[i] = all[answers[i]];
    ofTruth[i] = all[labels[i]];
    loss -= pass.logProbabilities[labels[i]] / count;
    if (answers[i] === labels[i]) right += 1;
  };
  await inSlices(count, look, isStale, (done) => {
    if (performance.now() - told < 300 || done < 50) return;
    told = performance.now();
    tell({ labels: labels.slice(0, done), answers, done, count });
  });
  return { count, labels, images, answers, shares, ofTruth, loss, right, accuracy: right / count };
}
