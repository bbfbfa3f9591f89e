//! openapi-python-client.

use super::{Generator, Language, MYPY};

pub const GENERATOR: Generator = Generator {
    name: "openapi-python-client",
    title: "openapi-python-client",
    language: Language::Python,
    package: "openapi-python-client==0.29.1",
    npm: &[],
    pypi: &["openapi-python-client==0.29.1", MYPY],
    needs: &["python3"],
    generate: "openapi-python-client generate --path aether.yaml --output-path client",
    compile: "MYPYPATH=client mypy --strict lifecycle.py",
    compiler: "mypy --strict",
    run: "PYTHONPATH=client python lifecycle.py",
    guide: None,
    fails: None,
    remark: "",
};
