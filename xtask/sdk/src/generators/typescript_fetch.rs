//! openapi-generator's typescript-fetch.

use super::{Generator, Language, OPENAPI_GENERATOR, TSX, TYPES_NODE, TYPESCRIPT};

pub const GENERATOR: Generator = Generator {
    name: "openapi-generator-typescript-fetch",
    title: "openapi-generator, typescript-fetch",
    language: Language::TypeScript,
    package: OPENAPI_GENERATOR,
    npm: &[TYPESCRIPT, TSX, TYPES_NODE],
    pypi: &[OPENAPI_GENERATOR],
    needs: &["node", "npm", "java"],
    generate: "openapi-generator-cli generate --generator-name typescript-fetch \
        --input-spec aether.yaml --output client",
    compile: "tsc",
    compiler: "tsc --strict",
    run: "tsx lifecycle.ts",
    guide: None,
    fails: None,
    remark: "",
};
