//! Compresses the files of the reference page, so that no request pays for it.

use std::error::Error;
use std::fs::{self, File};
use std::io::Write;
use std::path::{Path, PathBuf};

use flate2::Compression;
use flate2::write::GzEncoder;

include!("src/http/docs/list.rs");

macro_rules! name {
    ($path:literal, $media_type:literal, $name:literal) => {
        $name
    };
}

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=build.rs");
    let out = PathBuf::from(std::env::var_os("OUT_DIR").ok_or("cargo sets OUT_DIR")?);
    for name in files!(name) {
        let file = Path::new("assets").join(name);
        println!("cargo::rerun-if-changed={}", file.display());
        let compressed = out.join(format!("{name}.gz"));
        fs::create_dir_all(compressed.parent().ok_or("a file is in a directory")?)?;
        let mut encoder = GzEncoder::new(File::create(compressed)?, Compression::best());
        encoder.write_all(&fs::read(file)?)?;
        encoder.finish()?;
    }
    Ok(())
}
