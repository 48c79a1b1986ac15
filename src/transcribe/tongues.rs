//! Tongues: the languages a model is asked to choose among.
//!
//! Enters: the options and the model's dimensions. Leaves: each language with whisper.cpp's parameters for it, the first
//! being the one that is assumed. Never here: a language the model was never taught.

use whisper_rs::{FullParams, SamplingStrategy, get_lang_id, get_lang_str};

use super::{Script, TranscribeError, WhisperOptions};
use crate::{flow::Language, ggml::Header};

/// A language and how to read it.
pub(super) struct Tongue {
    pub(super) language: Language,
    /// whisper.cpp's number for it.
    pub(super) id: i32,
    /// Built once: they leak what they point to.
    pub(super) params: FullParams<'static, 'static>,
}

/// The languages to choose among: the one asked for, else the user's.
pub(super) fn tongues(options: &WhisperOptions, header: &Header) -> Result<Vec<Tongue>, TranscribeError> {
    let known = |language: &Language| -> Option<i32> {
        if !header.multilingual() {
            return (*language == Language::ENGLISH).then_some(0);
        }
        get_lang_id(language.code()).filter(|id| u32::try_from(*id).is_ok_and(|id| id < header.languages()))
    };
    let build = |language: Language| match known(&language) {
        Some(id) => Ok(Tongue { id, params: parameters(&language, options.script, header), language }),
        None => Err(TranscribeError::LanguageNotInModel { model: options.title(), language }),
    };
    match &options.language {
        Some(language) => Ok(vec![build(language.clone())?]),
        None if !header.multilingual() || options.languages.is_empty() => Ok(vec![build(Language::ENGLISH)?]),
        None => options.languages.iter().cloned().map(build).collect(),
    }
}

/// whisper.cpp's parameters for `language`. whisper-rs never frees the strings in them: build once, clone per pass.
fn parameters(language: &Language, script: Script, header: &Header) -> FullParams<'static, 'static> {
    let mut params = FullParams::new(SamplingStrategy::Greedy { best_of: 1 });
    params.set_temperature_inc(0.0);
    params.set_no_context(true);
    params.set_single_segment(true);
    params.set_no_timestamps(true);
    // Whisper must write something for silence, and "[BLANK_AUDIO]" is better than nothing at all.
    params.set_suppress_blank(true);
    params.set_print_special(false);
    params.set_print_progress(false);
    params.set_print_realtime(false);
    params.set_print_timestamps(false);
    let code = get_lang_id(language.code()).and_then(get_lang_str).unwrap_or("en");
    params.set_language(Some(code));
    if header.multilingual()
        && let Some(prompt) = prompt(language, script)
    {
        params.set_initial_prompt(prompt);
    }
    params
}

/// A sentence in the script and punctuation that are wanted; Whisper goes on as it began. Kept short, because a
/// prompt is decoded again with every utterance (2 ms a token with the base model).
fn prompt(language: &Language, script: Script) -> Option<&'static str> {
    match (language.code(), script) {
        ("zh", Script::Simplified) => Some("以下是普通话的句子。"),
        ("zh", Script::Traditional) => Some("以下是國語的句子。"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::{super::ModelSource, *};
    use crate::ggml::small_header;

    #[test]
    fn languages_are_checked_against_the_model() {
        let mut options = WhisperOptions::new(ModelSource::Bytes(&[]), "small");
        assert_eq!(
            tongues(&options, &small_header(51_864, 512)).unwrap().len(),
            1,
            "English only: nothing to choose"
        );
        assert_eq!(tongues(&options, &small_header(51_865, 1_500)).unwrap().len(), 2);
        options.languages.clear();
        assert_eq!(tongues(&options, &small_header(51_865, 1_500)).unwrap()[0].language, Language::ENGLISH);
        options.language = Some(Language::MANDARIN);
        let refused = tongues(&options, &small_header(51_864, 512)).err().unwrap();
        assert!(matches!(refused, TranscribeError::LanguageNotInModel { .. }), "{refused}");
        assert_eq!(tongues(&options, &small_header(51_865, 1_500)).unwrap()[0].language, Language::MANDARIN);
        options.language = Language::from_code("yue");
        assert!(tongues(&options, &small_header(51_865, 1_500)).is_err(), "Cantonese came with large-v3");
        assert!(tongues(&options, &small_header(51_866, 1_500)).is_ok());
    }
}
