//! The programs in the guides.

use std::fs;

use crate::Result;
use crate::generators::GuideProgram;
use crate::project::root;

/// The text of a program.
///
/// # Errors
/// Fails if the guide cannot be read, and if it has no block of the program.
pub fn text(program: GuideProgram) -> Result<String> {
    let guide = fs::read_to_string(root().join("server/docs/sdks").join(program.document))?;
    let text = blocks(&guide, program.blocks);
    if text.is_empty() {
        return Err(format!("{} has no block of `{}`", program.document, program.blocks).into());
    }
    Ok(text)
}

/// The blocks of a Markdown text with an info string, each with an empty line after it.
fn blocks(text: &str, info: &str) -> String {
    let mut program = String::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        if let Some(opened) = line.strip_prefix("```") {
            let block = lines.by_ref().take_while(|line| *line != "```");
            let block: String = block.flat_map(|line| [line, "\n"]).collect();
            if opened == info {
                program += &(block + "\n");
            }
        }
    }
    program
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::generators::GENERATORS;

    /// The words of a text, in which a shell's line can continue on the next.
    fn words(text: &str) -> String {
        text.replace("\\\n", "").split_whitespace().collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn guides_have_the_versions_and_the_command_of_their_generator() {
        for generator in GENERATORS {
            let Some(program) = generator.guide else { continue };
            let guide = fs::read_to_string(root().join("server/docs/sdks").join(program.document)).unwrap();
            // Otherwise the program would run here, and not in a project of the reader.
            for expected in [generator.package, generator.generate].iter().chain(generator.npm) {
                assert!(words(&guide).contains(&words(expected)), "{}: `{expected}` is missing", program.document);
            }
            assert!(!super::text(program).unwrap().is_empty());
        }
    }

    #[test]
    fn blocks_with_the_info_string_are_joined() {
        let text = "a\n```ts\none\n```\n```sh\n```ts\n```\n```\nb\n```\n```ts\ntwo\n```\n";
        assert_eq!(blocks(text, "ts"), "one\n\ntwo\n\n");
        assert_eq!(blocks(text, "go"), "");
    }
}
