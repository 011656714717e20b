//! A private key is in no error and in nothing that is printed.

use std::fmt::Debug;
use std::sync::Arc;

use bailiwick_client::{
    Bootstrap, Client, Form, Manner, MemoryStore, Options, Store, Subject, TaskOptions, bootstrap,
};
use serde_json::Value;

use crate::stage::Stage;

fn check(shown: &dyn Debug, secrets: &[String]) {
    for shown in [format!("{shown:?}"), format!("{shown:#?}")] {
        for secret in secrets {
            assert!(!shown.contains(&secret[..16]), "{shown}");
        }
    }
}

#[tokio::test]
async fn neither_client_nor_token_nor_task_shows_what_it_holds() {
    let stage = Stage::begin().await;
    let store = Arc::new(MemoryStore::default());
    let wanted =
        Bootstrap { store: Some(store.clone()), ..stage.wanted("quiet", Options::default()) };
    check(&wanted, std::slice::from_ref(&stage.invite));
    let client = bootstrap(wanted).await.unwrap();
    let kept: Value = serde_json::from_str(&store.load().await.unwrap().unwrap()).unwrap();
    let acting = client.using(Manner::of(Form::Token));
    let token = acting.token().await.unwrap();
    let task = client.open_task(TaskOptions::new("look").scopes(["tickets:read"])).await.unwrap();
    let secrets = [
        kept["jwk"]["d"].as_str().unwrap().to_owned(),
        token.secret().rsplit('.').next().unwrap().to_owned(),
        task.token().await.unwrap().secret().rsplit('.').next().unwrap().to_owned(),
    ];
    let subject = Subject::access_token(token.secret());
    let options = TaskOptions { subject: Some(token.clone()), ..TaskOptions::new("look") };
    let all: [&dyn Debug; 7] = [&client, &acting, &token, &task, &subject, &options, &*store];
    for shown in all {
        check(shown, &secrets);
    }
    task.close().await.unwrap();
    let builder = Client::builder().store(MemoryStore::holding(kept.to_string()));
    check(&builder, &secrets);
}
