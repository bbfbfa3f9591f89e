//! Names of tokens and organizations, which people have to be able to see.

use icu_properties::props::{DefaultIgnorableCodePoint, GeneralCategory, GeneralCategoryGroup};
use icu_properties::{CodePointMapData, CodePointSetData};

use super::{Violation, ViolationCode};

/// A blank symbol. Braille has a cell without dots, which Unicode does not classify as a space.
const BRAILLE_BLANK: char = '\u{2800}';

/// The categories of visible characters: letters, numbers, punctuation and symbols.
const VISIBLE: GeneralCategoryGroup = GeneralCategoryGroup::Letter
    .union(GeneralCategoryGroup::Number)
    .union(GeneralCategoryGroup::Punctuation)
    .union(GeneralCategoryGroup::Symbol);

/// Validates the characters of a name by the properties of Unicode 17.0: it has a visible character, no control characters, and no
/// characters that change the direction of the text around them.
///
/// # Errors
/// `invalid_format` with the missing or the forbidden characters.
pub fn validate_name(name: &str) -> Result<(), Violation> {
    let invalid = |message| Err(Violation { code: ViolationCode::InvalidFormat, message });
    if name.chars().any(char::is_control) {
        return invalid("Must not contain control characters.");
    }
    if name.chars().any(changes_direction) {
        return invalid("Must not contain embeddings, overrides or isolates of the text direction.");
    }
    if !name.chars().any(is_visible) {
        return invalid("Must contain a visible character.");
    }
    Ok(())
}

/// Whether a character embeds, overrides or isolates a direction. The marks U+061C, U+200E and U+200F are allowed.
fn changes_direction(character: char) -> bool {
    matches!(character, '\u{202A}'..='\u{202E}' | '\u{2066}'..='\u{2069}')
}

fn is_visible(character: char) -> bool {
    let category = CodePointMapData::<GeneralCategory>::new().get(character);
    VISIBLE.contains(category)
        && character != BRAILLE_BLANK
        && !CodePointSetData::new::<DefaultIgnorableCodePoint>().contains(character)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn name_has_a_visible_character() {
        let ignorable = "\u{AD}\u{34F}\u{115F}\u{1160}\u{17B4}\u{180E}\u{200B}\u{200D}\u{2060}\u{3164}\u{FE0F}\u{FEFF}\u{FFA0}\u{E0001}";
        for invisible in ignorable.chars().chain([' ', '\u{A0}', '\u{2003}', '\u{2028}', '\u{3000}', BRAILLE_BLANK]) {
            assert!(validate_name(&invisible.to_string()).is_err(), "{invisible:?}");
            assert!(validate_name(&format!("a{invisible}b")).is_ok(), "{invisible:?}");
        }
        for (name, reason) in [
            ("\u{301}", "a mark without a base"),
            ("\u{E000}", "a private character has no form of its own"),
            ("\u{FFFE}", "no character"),
            ("", "no character"),
        ] {
            assert!(validate_name(name).is_err(), "{reason}");
        }
        for name in ["a", "!", "+", "½", "日本", "prod – eu", "e\u{301}", "👩\u{200D}🚀", "\u{2801}", "\u{FFFD}", "۱"]
        {
            assert!(validate_name(name).is_ok(), "{name:?}");
        }
    }

    #[test]
    fn name_has_no_control_characters_and_keeps_its_direction() {
        let controls = ('\u{0}'..='\u{1F}').chain('\u{7F}'..='\u{9F}');
        for character in controls.chain('\u{202A}'..='\u{202E}').chain('\u{2066}'..='\u{2069}') {
            assert!(validate_name(&format!("a{character}")).is_err(), "{character:?}");
        }
        for character in ['\u{200E}', '\u{200F}', '\u{61C}', '\u{2029}', '\u{206A}', '\u{A0}'] {
            assert!(validate_name(&format!("a{character}")).is_ok(), "{character:?}");
        }
    }

    #[test]
    fn properties_are_those_of_unicode_17() {
        assert!(validate_name("\u{20C1}").is_ok(), "a symbol since Unicode 17.0");
    }
}
