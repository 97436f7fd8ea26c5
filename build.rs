//! Rebuilds the program when the embedded web pages change.

fn main() {
    // Cargo treats a missing folder as changed and would rebuild every time.
    if let Err(error) = std::fs::create_dir_all("web/dist") {
        println!("cargo::warning=cannot create web/dist: {error}");
    }
    println!("cargo::rerun-if-changed=web/dist");
}
