// node run_checks.mjs FOLDER: reads task.json and the .bin files in the folder, writes result.json.

import { readFileSync, writeFileSync } from "node:fs";
import * as checks from "./page_checks.js";

const folder = process.argv[2];
const { check, bytes, floats, ...input } = JSON.parse(readFileSync(`${folder}/task.json`));
for (const name of bytes) input[name] = new Uint8Array(readFileSync(`${folder}/${name}.bin`));
for (const name of floats) {
  input[name] = new Float32Array(new Uint8Array(readFileSync(`${folder}/${name}.bin`)).buffer);
}
writeFileSync(`${folder}/result.json`, JSON.stringify(checks[check](input)));
