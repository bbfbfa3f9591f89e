//! The generators. Each has a file of its own, and its programs are in `lifecycles/NAME`.

mod go;
mod hey_api;
mod java;
mod kubb;
mod openapi_python_client;
mod openapi_typescript;
mod orval;
mod php;
mod python;
mod ruby;
mod typescript_axios;
mod typescript_fetch;

use std::fmt;

/// Every generator, in the order of the table.
pub static GENERATORS: &[Generator] = &[
    typescript_fetch::GENERATOR,
    typescript_axios::GENERATOR,
    openapi_typescript::GENERATOR,
    hey_api::GENERATOR,
    orval::GENERATOR,
    kubb::GENERATOR,
    python::GENERATOR,
    openapi_python_client::GENERATOR,
    java::GENERATOR,
    go::GENERATOR,
    ruby::GENERATOR,
    php::GENERATOR,
];

/// openapi-generator, which contains a jar and needs Java 17.
const OPENAPI_GENERATOR: &str = "openapi-generator-cli==7.26.0";
/// The compiler of TypeScript.
const TYPESCRIPT: &str = "typescript@5.9.3";
/// The program that runs TypeScript.
const TSX: &str = "tsx@4.23.15";
/// The types of Node.
const TYPES_NODE: &str = "@types/node@20.19.43";
/// The type checker of Python.
const MYPY: &str = "mypy==2.4.1";

/// A generator, with the commands that lead from the contract to a program.
///
/// Every command is a line for `sh -eu` in the project: a directory with the contract as `aether.yaml`, with the files
/// of `lifecycles/LANGUAGE` and `lifecycles/NAME`, and with the guide's program as its file. The programs of its
/// packages of npm and `PyPI` are found first.
#[derive(Debug, Clone, Copy)]
pub struct Generator {
    /// The name on the command line, and of directories.
    pub name: &'static str,
    /// The name for people, as Markdown.
    pub title: &'static str,
    /// The language of the SDK.
    pub language: Language,
    /// The package of the generator with its version. It is one of `npm` or `pypi`.
    pub package: &'static str,
    /// Packages of npm, as `NAME@VERSION`.
    pub npm: &'static [&'static str],
    /// Packages of `PyPI`, as `NAME==VERSION`.
    pub pypi: &'static [&'static str],
    /// Programs on the `PATH` and absolute paths that have to be there, with `*` as any end of a name. Without one of
    /// them, the generator is skipped.
    pub needs: &'static [&'static str],
    /// The command that writes the SDK into the directory `client`.
    pub generate: &'static str,
    /// The command that compiles or checks SDK and program.
    pub compile: &'static str,
    /// The tool of `compile`, for people.
    pub compiler: &'static str,
    /// The command that runs the lifecycle.
    pub run: &'static str,
    /// The program in the guide of the language, if the guide is about this generator.
    pub guide: Option<GuideProgram>,
    /// The stage at which the generator is known to fail.
    pub fails: Option<KnownFailure>,
    /// A remark in the table, as Markdown.
    pub remark: &'static str,
}

impl Generator {
    /// The version of the generator.
    #[must_use]
    pub fn version(&self) -> &'static str {
        self.package.rsplit(['@', '=']).next().unwrap_or_default()
    }
}

/// A language.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Language {
    /// TypeScript.
    TypeScript,
    /// Python.
    Python,
    /// Java.
    Java,
    /// Go.
    Go,
    /// Ruby.
    Ruby,
    /// PHP.
    Php,
}

impl Language {
    /// The name on the command line, and of the guide.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::TypeScript => "typescript",
            Self::Python => "python",
            Self::Java => "java",
            Self::Go => "go",
            Self::Ruby => "ruby",
            Self::Php => "php",
        }
    }
}

impl fmt::Display for Language {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::TypeScript => "TypeScript",
            Self::Python => "Python",
            Self::Java => "Java",
            Self::Go => "Go",
            Self::Ruby => "Ruby",
            Self::Php => "PHP",
        })
    }
}

/// The program in a guide: all its code blocks with one info string, in their order.
#[derive(Debug, Clone, Copy)]
pub struct GuideProgram {
    /// The file in `server/docs/sdks`.
    pub document: &'static str,
    /// The info string of the blocks, for example `ts`.
    pub blocks: &'static str,
    /// The file in the project that the blocks are written to, before `compile`.
    pub file: &'static str,
    /// The command that runs the program. It has to exit with 0.
    pub run: &'static str,
}

/// A failure that is a fault of the generator and that no form of the contract avoids.
#[derive(Debug, Clone, Copy)]
pub struct KnownFailure {
    /// The stage: `generate`, `compile`, a step of the lifecycle, or `guide`.
    pub at: &'static str,
    /// The fault.
    pub reason: &'static str,
}

/// The generators with the given names, which are those of generators and of languages, in the order of the table.
///
/// # Errors
/// Fails if a name is neither.
pub fn select(names: &[String]) -> Result<Vec<&'static Generator>, String> {
    let named = |generator: &Generator, name: &str| generator.name == name || generator.language.name() == name;
    if let Some(unknown) = names.iter().find(|name| !GENERATORS.iter().any(|generator| named(generator, name))) {
        let mut allowed: Vec<&str> = GENERATORS.iter().map(|generator| generator.language.name()).collect();
        allowed.dedup();
        allowed.extend(GENERATORS.iter().map(|generator| generator.name));
        return Err(format!("unknown generator or language `{unknown}`; allowed are {}", allowed.join(", ")));
    }
    Ok(GENERATORS.iter().filter(|generator| names.iter().any(|name| named(generator, name))).collect())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::fs;
    use std::path::Path;

    use super::*;
    use crate::lifecycle::STEPS;

    #[test]
    fn names_are_unique_and_have_programs() {
        let names: BTreeSet<&str> = GENERATORS.iter().map(|generator| generator.name).collect();
        assert_eq!(names.len(), GENERATORS.len());
        for name in names {
            let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("lifecycles").join(name);
            assert!(fs::read_dir(&directory).is_ok_and(|mut files| files.next().is_some()), "{}", directory.display());
        }
    }

    #[test]
    fn every_package_has_a_version() {
        for generator in GENERATORS {
            assert!(generator.npm.iter().chain(generator.pypi).any(|package| *package == generator.package));
            assert!(
                generator.npm.iter().all(|package| package.rfind('@').is_some_and(|at| at > 0)),
                "{}",
                generator.name
            );
            assert!(generator.pypi.iter().all(|package| package.contains("==")), "{}", generator.name);
            assert!(generator.version().starts_with(|first: char| first.is_ascii_digit()), "{}", generator.name);
        }
    }

    #[test]
    fn known_failures_name_a_stage() {
        let stages = |at| STEPS.contains(&at) || ["generate", "compile", "guide"].contains(&at);
        assert!(GENERATORS.iter().filter_map(|generator| generator.fails).all(|failure| stages(failure.at)));
    }

    #[test]
    fn language_selects_its_generators() {
        let all = select(&["typescript".to_owned()]).unwrap();
        assert!(all.iter().any(|generator| generator.name == "openapi-typescript"));
        assert!(all.iter().all(|generator| generator.language == Language::TypeScript));
        let error = select(&["cobol".to_owned()]).unwrap_err();
        assert!(error.contains("`cobol`") && error.contains("openapi-typescript"), "{error}");
    }
}
