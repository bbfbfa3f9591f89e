fn main() { for f in std::env::args().skip(1) { let d = match xtask::document::Document::read(std::path::Path::new(&f)) { Ok(d)=>d, Err(e)=>{println!("{f}: {e}");continue} };
 let t=std::time::Instant::now();
 match xtask::stub::generate(&d, &xtask::stub::Options{runtime:"dropshot_stub",header:"//"}) { Ok(s)=>println!("{f}: ok {} lines {:?}", s.lines().count(), t.elapsed()), Err(e)=>{ println!("{f}: {} refused", e.list.len()); for x in e.list.iter().take(8) { println!("   {} at {} {}", x.message, x.pointer, x.place) } } } } }
