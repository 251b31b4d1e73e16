//! Forwards connections as they are: `relay LISTEN TARGET`. What two hops cost when nothing is encrypted.

use std::error::Error;
use tokio::net::{TcpListener, TcpStream};

const BUFFER: usize = 65_536;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [listen, target] = arguments.as_slice() else { return Err("usage: relay LISTEN TARGET".into()) };
    let listener = TcpListener::bind(listen).await?;
    loop {
        let (mut near, _) = listener.accept().await?;
        let target = target.clone();
        tokio::spawn(async move {
            let mut far = TcpStream::connect(target).await?;
            near.set_nodelay(true)?;
            far.set_nodelay(true)?;
            tokio::io::copy_bidirectional_with_sizes(&mut near, &mut far, BUFFER, BUFFER).await
        });
    }
}
