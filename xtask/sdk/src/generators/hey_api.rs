//! @hey-api/openapi-ts with its fetch client.

use super::{Generator, Language, TSX, TYPES_NODE, TYPESCRIPT};

pub const GENERATOR: Generator = Generator {
    name: "hey-api",
    title: "@hey-api/openapi-ts",
    language: Language::TypeScript,
    package: "@hey-api/openapi-ts@0.95.0",
    npm: &["@hey-api/openapi-ts@0.95.0", TYPESCRIPT, TSX, TYPES_NODE],
    pypi: &[],
    needs: &["node", "npm"],
    generate: "openapi-ts --input aether.yaml --output client --client @hey-api/client-fetch",
    compile: "tsc",
    compiler: "tsc --strict",
    run: "tsx lifecycle.ts",
    guide: None,
    fails: None,
    remark: "",
};
