//! openapi-typescript, whose types openapi-fetch uses.

use super::{Generator, GuideProgram, Language, TSX, TYPES_NODE, TYPESCRIPT};

pub const GENERATOR: Generator = Generator {
    name: "openapi-typescript",
    title: "openapi-typescript with openapi-fetch 0.17",
    language: Language::TypeScript,
    package: "openapi-typescript@7.13.0",
    npm: &["openapi-typescript@7.13.0", "openapi-fetch@0.17.0", TYPESCRIPT, TSX, TYPES_NODE],
    pypi: &[],
    needs: &["node", "npm"],
    generate: "openapi-typescript aether.yaml --output client/schema.ts",
    compile: "tsc",
    compiler: "tsc --strict",
    run: "tsx lifecycle.ts",
    guide: Some(GuideProgram { document: "typescript.md", blocks: "ts", file: "guide.ts", run: "tsx guide.ts" }),
    fails: None,
    remark: "",
};
