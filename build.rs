//! Rebuilds the program when the pages that it embeds were built anew.

fn main() {
    // A folder that is missing would count as changed in every build.
    if let Err(error) = std::fs::create_dir_all("web/dist") {
        println!("cargo::warning=web/dist cannot be made: {error}");
    }
    println!("cargo::rerun-if-changed=web/dist");
}
