// SPDX-License-Identifier: MIT
//! Tokens per second of candle with a GGUF file of the llama architecture, for
//! bench/language_models.py: reading a prompt from the start, and generating greedily from the
//! start, after a round that warms up. RAYON_NUM_THREADS is the number of threads.
//!
//!     bench-candle MODEL.gguf PROMPT GENERATE
//!
//! prints {"prompt": N, "generated": N, "tokens": [the generated ones]}

use candle_core::{quantized::gguf_file, Device, Result, Tensor, D};
use candle_transformers::models::quantized_llama::ModelWeights;
use std::{fs::File, io::BufReader, time::Instant};

fn load(path: &str) -> Result<ModelWeights> {
    let mut file = BufReader::new(File::open(path)?);
    let content = gguf_file::Content::read(&mut file)?;
    ModelWeights::from_gguf(content, &mut file, &Device::Cpu)
}

/// The token that is likeliest after `tokens`, which stand at `position`.
fn next(model: &mut ModelWeights, tokens: &[u32], position: usize) -> Result<u32> {
    let input = Tensor::new(tokens, &Device::Cpu)?.unsqueeze(0)?;
    model.forward(&input, position)?.argmax(D::Minus1)?.squeeze(0)?.to_scalar()
}

/// Tokens a second of the prompt and of `generate` tokens after its first one, and those tokens.
fn round(model: &mut ModelWeights, prompt: &[u32], generate: usize) -> Result<(f64, f64, Vec<u32>)> {
    model.clear_kv_cache();
    let start = Instant::now();
    next(model, prompt, 0)?;
    let read = start.elapsed().as_secs_f64();
    model.clear_kv_cache();
    let mut token = next(model, &prompt[..1], 0)?;
    let mut tokens = Vec::with_capacity(generate);
    let start = Instant::now();
    for position in 1..=generate {
        tokens.push(token);
        token = next(model, &[token], position)?;
    }
    let generated = start.elapsed().as_secs_f64();
    Ok((prompt.len() as f64 / read, generate as f64 / generated, tokens))
}

fn main() -> Result<()> {
    let words: Vec<String> = std::env::args().collect();
    let [_, path, prompt, generate] = &words[..] else {
        candle_core::bail!("usage: bench-candle MODEL.gguf PROMPT GENERATE");
    };
    let number = |text: &String| text.parse::<usize>().map_err(candle_core::Error::wrap);
    let prompt: Vec<u32> = (0..number(prompt)? as u32).map(|i| 3 + 7 * i % 250).collect();
    let mut model = load(path)?;
    round(&mut model, &prompt, 1)?;
    let (read, generated, tokens) = round(&mut model, &prompt, number(generate)?)?;
    println!("{{\"prompt\": {read}, \"generated\": {generated}, \"tokens\": {tokens:?}}}");
    Ok(())
}
