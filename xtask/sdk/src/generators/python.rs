//! openapi-generator's python.

use super::{Generator, GuideProgram, Language, MYPY, OPENAPI_GENERATOR};

pub const GENERATOR: Generator = Generator {
    name: "openapi-generator-python",
    title: "openapi-generator, python",
    language: Language::Python,
    package: OPENAPI_GENERATOR,
    npm: &[],
    pypi: &[
        OPENAPI_GENERATOR,
        "urllib3==2.7.0",
        "python-dateutil==2.9.0.post0",
        "pydantic==2.12.5",
        "typing-extensions==4.15.0",
        "types-python-dateutil==2.9.0.20261116",
        MYPY,
    ],
    needs: &["python3", "java"],
    generate: "openapi-generator-cli generate --generator-name python \
        --input-spec aether.yaml --output client --package-name aether",
    compile: "MYPYPATH=client mypy lifecycle.py guide.py",
    compiler: "mypy",
    run: "PYTHONPATH=client python lifecycle.py",
    guide: Some(GuideProgram {
        document: "python.md",
        blocks: "python",
        file: "guide.py",
        run: "PYTHONPATH=client python guide.py",
    }),
    fails: None,
    remark: "",
};
