//! nginx as a plain reverse proxy that keeps its connections to the upstream.

use std::fs;

use anyhow::Result;

use super::{Peer, Place};
use crate::maker::{self, Credential};
use crate::process::{PEER_CORE, Process};

/// Starts it.
pub(crate) fn start(place: &Place) -> Result<Peer> {
    let Place { folder, port, upstream } = place;
    let path = folder.join("nginx.conf");
    let temp = folder.display();
    let text = format!(
        "daemon off;\nworker_processes 1;\npid {temp}/nginx.pid;\nerror_log stderr error;\n\
         events {{ worker_connections 1024; }}\n\
         http {{\n\
         access_log off;\n\
         client_body_temp_path {temp}/body;\nproxy_temp_path {temp}/proxy;\n\
         fastcgi_temp_path {temp}/fastcgi;\nuwsgi_temp_path {temp}/uwsgi;\n\
         scgi_temp_path {temp}/scgi;\n\
         keepalive_requests 100000000;\n\
         upstream api {{ server 127.0.0.1:{upstream}; keepalive 64; \
         keepalive_requests 100000000; }}\n\
         server {{ listen 127.0.0.1:{port};\n\
         location / {{ proxy_pass http://api; proxy_http_version 1.1; \
         proxy_set_header Connection \"\"; proxy_set_header Host $host; }} }}\n}}\n"
    );
    fs::write(&path, text)?;
    let path = path.display().to_string();
    let line = ["nginx", "-e", "stderr", "-p", &temp.to_string(), "-c", &path];
    let probe = maker::make(&Credential::Nothing, 1)?.concat();
    let process = Process::start(PEER_CORE, &line, folder)?.answers(*port, &probe)?;
    Ok(Peer { process, port: *port })
}
