//! A server that passes requests on and remembers the answers, and from then on gives each of them back after a
//! pause: AWS's latency without the work of the test server.

use std::collections::HashMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// A request: its first line, `X-Amz-Target`, and the body.
type Key = (String, String, Vec<u8>);

/// What all connections share.
pub struct Replay {
    upstream: String,
    pause: Duration,
    answers: Mutex<HashMap<Key, Arc<Vec<u8>>>>,
    recorded: AtomicBool,
}

struct Request {
    key: Key,
    raw: Vec<u8>,
}

impl Replay {
    /// Starts in front of `upstream` (`HOST:PORT`); its own URL beside it.
    pub fn start(upstream: &str, pause: Duration) -> (Arc<Replay>, String) {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let url = format!("http://{}", listener.local_addr().expect("an address"));
        let replay = Arc::new(Replay { upstream: upstream.to_owned(), pause, answers: Mutex::default(), recorded: AtomicBool::new(false) });
        let shared = replay.clone();
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let replay = shared.clone();
                // A client that goes away ends its thread.
                std::thread::spawn(move || replay.serve(stream));
            }
        });
        (replay, url)
    }

    /// From now on nothing is passed on.
    pub fn answer_alone(&self) {
        self.recorded.store(true, Ordering::Relaxed);
    }

    fn serve(&self, stream: TcpStream) -> std::io::Result<()> {
        stream.set_nodelay(true)?;
        let (mut input, mut output) = (BufReader::new(stream.try_clone()?), stream);
        while let Some(request) = read(&mut input)? {
            let answer = match self.recorded.load(Ordering::Relaxed) {
                true => self.recall(&request),
                false => self.pass_on(request)?,
            };
            output.write_all(&answer)?;
        }
        Ok(())
    }

    fn recall(&self, request: &Request) -> Arc<Vec<u8>> {
        std::thread::sleep(self.pause);
        let answers = self.answers.lock().unwrap_or_else(PoisonError::into_inner);
        answers.get(&request.key).cloned().unwrap_or_else(|| panic!("never asked before: {:?}", request.key))
    }

    fn pass_on(&self, request: Request) -> std::io::Result<Arc<Vec<u8>>> {
        let mut upstream = TcpStream::connect(&self.upstream)?;
        upstream.write_all(&request.raw)?;
        let mut answer = Vec::new();
        upstream.read_to_end(&mut answer)?;
        let answer = Arc::new(answer);
        self.answers.lock().unwrap_or_else(PoisonError::into_inner).insert(request.key, answer.clone());
        Ok(answer)
    }
}

/// The next request of a connection; the copy to pass on asks for the connection to be closed after it.
fn read(input: &mut impl BufRead) -> std::io::Result<Option<Request>> {
    let (mut first, mut target, mut length) = (String::new(), String::new(), 0);
    if input.read_line(&mut first)? == 0 {
        return Ok(None);
    }
    let mut raw = first.clone().into_bytes();
    loop {
        let mut line = String::new();
        input.read_line(&mut line)?;
        let Some((name, value)) = line.split_once(':') else { break };
        match name.to_ascii_lowercase().as_str() {
            "x-amz-target" => target = value.trim().to_owned(),
            "content-length" => length = value.trim().parse().unwrap_or_default(),
            "connection" => continue,
            _ => {}
        }
        raw.extend_from_slice(line.as_bytes());
    }
    raw.extend_from_slice(b"Connection: close\r\n\r\n");
    let mut body = vec![0; length];
    input.read_exact(&mut body)?;
    raw.extend_from_slice(&body);
    Ok(Some(Request { key: (first, target, body), raw }))
}
