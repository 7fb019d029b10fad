// SPDX-License-Identifier: MIT
// lampwick in Node (or Deno, or Bun):
//
//     node wasm/example.mjs build-wasm/lampwick-module.wasm run demo/digits.onnx
//     node wasm/example.mjs build-wasm/lampwick-module.wasm generate MODEL.gguf "Once upon a time"
import { readFileSync } from "node:fs";
import { Lampwick } from "./lampwick.mjs";

const [module, command, file, prompt = "Once upon a time"] = process.argv.slice(2);
const lampwick = await Lampwick.open(readFileSync(module));

// A handwritten one, 8 x 8, as the network was trained on (scripts/train_digits.py).
const one = `
    . . . # # . . .
    . . # # # . . .
    . # # # # . . .
    . . . # # . . .
    . . . # # . . .
    . . . # # . . .
    . . . # # . . .
    . . # # # # . .`.trim().split(/\s+/).map((dot) => (dot === "#" ? 1 : 0));

try {
    if (command === "run") {
        const model = lampwick.loadModel(readFileSync(file));
        console.log("inputs ", model.inputs);
        console.log("outputs", model.outputs);
        const { probabilities } = model.run({ image: { data: Float32Array.from(one), dims: [1, 1, 8, 8] } });
        const best = probabilities.data.indexOf(Math.max(...probabilities.data));
        console.log(`digit ${best}, probability ${probabilities.data[best].toFixed(3)}`);
        model.free();
    } else {
        const llm = lampwick.loadLanguageModel(readFileSync(file));
        process.stdout.write(prompt);
        for (const piece of llm.generate(prompt, { tokens: 64 })) process.stdout.write(piece);
        process.stdout.write("\n");
        llm.free();
    }
} catch (error) {
    console.error(`${error.name}: ${error.message}`);
    process.exitCode = 1;
}
