//! Compresses the files of the reference page, so that no request pays for it.

use std::error::Error;
use std::fs::{self, File};
use std::io::Write;
use std::path::PathBuf;

use flate2::Compression;
use flate2::write::GzEncoder;

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed=assets");
    let out = PathBuf::from(std::env::var_os("OUT_DIR").ok_or("cargo sets OUT_DIR")?);
    for directory in ["assets/docs", "assets/swagger-ui"] {
        for entry in fs::read_dir(directory)? {
            let entry = entry?;
            let name = format!("{}.gz", entry.file_name().display());
            let mut encoder = GzEncoder::new(File::create(out.join(name))?, Compression::best());
            encoder.write_all(&fs::read(entry.path())?)?;
            encoder.finish()?;
        }
    }
    Ok(())
}
