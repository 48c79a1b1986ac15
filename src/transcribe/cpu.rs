//! Processor: refuses to start where the engine's instructions would kill the process.
//!
//! Enters: nothing. Leaves: the instruction sets this machine lacks. Never here: guessing from a processor's name.
//! whisper.cpp is built with the flags named in `.cargo/config.toml`; run elsewhere it dies with SIGILL, mid-word.

/// The instruction sets the build uses and this processor lacks, comma-separated; `None` where nothing is missing.
#[cfg(target_arch = "x86_64")]
pub(super) fn missing() -> Option<String> {
    let needed = [
        ("SSE4.2", std::arch::is_x86_feature_detected!("sse4.2")),
        ("AVX", std::arch::is_x86_feature_detected!("avx")),
        ("AVX2", std::arch::is_x86_feature_detected!("avx2")),
        ("FMA", std::arch::is_x86_feature_detected!("fma")),
        ("F16C", std::arch::is_x86_feature_detected!("f16c")),
        ("BMI2", std::arch::is_x86_feature_detected!("bmi2")),
    ];
    let lacking: Vec<&str> = needed.iter().filter(|(_, here)| !here).map(|(name, _)| *name).collect();
    (!lacking.is_empty()).then(|| lacking.join(", "))
}

/// Other architectures are built for their own baseline: nothing can be missing.
#[cfg(not(target_arch = "x86_64"))]
pub(super) fn missing() -> Option<String> {
    None
}
