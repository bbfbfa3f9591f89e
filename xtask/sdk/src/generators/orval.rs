//! orval with its fetch client.

use super::{Generator, Language, TSX, TYPES_NODE, TYPESCRIPT};

pub const GENERATOR: Generator = Generator {
    name: "orval",
    title: "orval, fetch",
    language: Language::TypeScript,
    package: "orval@7.13.2",
    npm: &["orval@7.13.2", TYPESCRIPT, TSX, TYPES_NODE],
    pypi: &[],
    needs: &["node", "npm"],
    generate: "orval --input aether.yaml --output client/aether.ts --client fetch",
    compile: "tsc",
    compiler: "tsc --strict",
    run: "tsx lifecycle.ts",
    guide: None,
    fails: None,
    remark: "",
};
