//! Requests over TCP as any client sends them, on two connections that are kept open.

use std::io::{BufRead, BufReader, Error, ErrorKind, Result, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

/// Sends requests until the time is over; gives how many were answered.
pub(crate) fn drive(address: SocketAddr, time: Duration) -> Result<u64> {
    std::thread::scope(|scope| {
        let clients: Vec<_> = (0..2)
            .map(|client| scope.spawn(move || one_client(address, time, client)))
            .collect();
        clients
            .into_iter()
            .map(|client| {
                client
                    .join()
                    .unwrap_or_else(|_| Err(Error::other("a client panicked")))
            })
            .sum()
    })
}

fn one_client(address: SocketAddr, time: Duration, client: u64) -> Result<u64> {
    let stream = TcpStream::connect(address)?;
    stream.set_nodelay(true)?;
    stream.set_read_timeout(Some(Duration::from_secs(5)))?;
    let mut answers = BufReader::new(stream.try_clone()?);
    let mut requests = stream;
    let start = Instant::now();
    let mut sent = 0;
    while start.elapsed() < time {
        let number = sent * 2 + client;
        let path = match number % 10 {
            0..=6 => format!("/item/{number}"),
            7..=8 => "/search/line%201".to_owned(),
            _ => "/broken".to_owned(),
        };
        let request = format!("GET {path} HTTP/1.1\r\nhost: shop\r\n\r\n");
        requests.write_all(request.as_bytes())?;
        read_answer(&mut answers)?;
        sent += 1;
    }
    Ok(sent)
}

/// Head, then as many bytes as it announces.
fn read_answer(answers: &mut impl BufRead) -> Result<()> {
    let mut length = 0;
    loop {
        let mut line = String::new();
        if answers.read_line(&mut line)? == 0 {
            return Err(Error::new(
                ErrorKind::UnexpectedEof,
                "the service closed the connection",
            ));
        }
        let line = line.trim_end().to_ascii_lowercase();
        if line.is_empty() {
            break;
        }
        if let Some(value) = line.strip_prefix("content-length:") {
            length = value.trim().parse().map_err(Error::other)?;
        }
    }
    let mut body = vec![0; length];
    answers.read_exact(&mut body)
}
