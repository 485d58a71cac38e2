//! The `leastwise` program: a thin shell around [`leastwise::cli`].

fn main() -> std::process::ExitCode {
    leastwise::cli::main()
}
