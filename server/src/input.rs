//! Files that a person names. A wrong name does not fill the memory, and does not keep the program waiting.

use std::fs::{self, File};
use std::io::{self, BufRead, ErrorKind, Read};
use std::iter;
use std::os::unix::fs::FileTypeExt;
use std::path::Path;
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

/// The maximum size of a file that is read as a whole, and of a line, in bytes. Longer ones are mistakes, for example `/dev/zero`.
const MAX_SIZE: u64 = 1 << 20;

/// The time for another program to open a pipe for writing.
const PATIENCE: Duration = Duration::from_secs(5);

/// Opens a file, or a pipe to which a program writes.
///
/// # Errors
/// Fails if the file cannot be opened, or no program opens the pipe for writing.
pub(crate) fn open(path: &Path) -> io::Result<File> {
    if !fs::metadata(path)?.file_type().is_fifo() {
        return File::open(path);
    }
    let (sender, opened) = mpsc::channel();
    let path = path.to_owned();
    thread::spawn(move || sender.send(File::open(path)));
    let no_writer = |_| Err(io::Error::new(ErrorKind::TimedOut, "it is a pipe, and no program writes to it"));
    opened.recv_timeout(PATIENCE).unwrap_or_else(no_writer)
}

/// Reads a whole file.
///
/// # Errors
/// Fails if the file cannot be read, or is larger than 1 MiB.
pub(crate) fn read(path: &Path) -> io::Result<Vec<u8>> {
    let mut contents = Vec::new();
    let size = open(path)?.take(MAX_SIZE + 1).read_to_end(&mut contents)?;
    if size as u64 > MAX_SIZE { Err(too_large("the file")) } else { Ok(contents) }
}

/// As [`read`], for a text.
///
/// # Errors
/// As [`read`], and if the file is not in UTF-8.
pub(crate) fn read_to_string(path: &Path) -> io::Result<String> {
    String::from_utf8(read(path)?).map_err(|_| io::Error::new(ErrorKind::InvalidData, "the file is not in UTF-8"))
}

/// The lines of a text, with their ends. A line that is longer than 1 MiB is an error.
pub(crate) fn lines(mut text: impl BufRead) -> impl Iterator<Item = io::Result<String>> {
    iter::from_fn(move || {
        let mut line = String::new();
        match text.by_ref().take(MAX_SIZE + 1).read_line(&mut line) {
            Ok(0) => None,
            Ok(length) if length as u64 > MAX_SIZE => Some(Err(too_large("a line"))),
            Ok(_) => Some(Ok(line)),
            Err(error) => Some(Err(error)),
        }
    })
}

fn too_large(part: &str) -> io::Error {
    io::Error::new(ErrorKind::FileTooLarge, format!("{part} is larger than 1 MiB"))
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;

    #[test]
    fn size_of_a_file_and_of_a_line_is_bounded() {
        let largest = vec![b'x'; usize::try_from(MAX_SIZE).unwrap()];
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("file");
        fs::write(&path, &largest).unwrap();
        assert!(read_to_string(&path).is_ok() && lines(Cursor::new(&largest)).all(|line| line.is_ok()));
        let larger = [&largest[..], b"x"].concat();
        fs::write(&path, &larger).unwrap();
        assert_eq!(read(&path).unwrap_err().to_string(), "the file is larger than 1 MiB");
        assert!(lines(Cursor::new(&larger)).next().unwrap().is_err());
        assert!(read(Path::new("/dev/zero")).is_err());
    }

    #[test]
    fn text_is_divided_into_lines() {
        let lines: Vec<_> = lines(Cursor::new("a\n\nb")).map(Result::unwrap).collect();
        assert_eq!(lines, ["a\n", "\n", "b"]);
    }
}
