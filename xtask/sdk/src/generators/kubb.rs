//! kubb with its axios client.

use super::{Generator, Language, TSX, TYPES_NODE, TYPESCRIPT};

pub const GENERATOR: Generator = Generator {
    name: "kubb",
    title: "kubb, axios",
    language: Language::TypeScript,
    package: "@kubb/cli@4.39.3",
    npm: &[
        "@kubb/cli@4.39.3",
        "@kubb/core@4.39.3",
        "@kubb/plugin-oas@4.39.3",
        "@kubb/plugin-ts@4.39.3",
        "@kubb/plugin-client@4.39.3",
        "axios@1.21.1",
        TYPESCRIPT,
        TSX,
        TYPES_NODE,
    ],
    pypi: &[],
    needs: &["node", "npm"],
    generate: "kubb generate",
    compile: "tsc --skipLibCheck",
    compiler: "tsc --strict",
    run: "tsx lifecycle.ts",
    guide: None,
    fails: None,
    remark: "`skipLibCheck`: the types of its own packages do not compile",
};
