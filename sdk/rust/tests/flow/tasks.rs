//! Tasks close what they open.

use bailiwick_client::{Budgets, Error, Form, Options, Task, TaskOptions};

use crate::stage::{Stage, code};

fn looking(form: Form) -> TaskOptions {
    let options = TaskOptions::new("look at ticket 7").scopes(["tickets:read"]);
    TaskOptions { form: Some(form), ..options }
}

#[tokio::test]
async fn a_task_closes_what_it_opens_however_it_ends() {
    let stage = Stage::begin().await;
    let client = stage.client(Options::default()).await;
    let url = stage.at("/busy/tickets/7");
    for form in [Form::Token, Form::Derived, Form::Dpop] {
        let work = async |task: Task| -> Result<Task, Error> {
            task.get(&*url).await?;
            assert_eq!(stage.heard("x-agent-task").as_deref(), Some(task.id()));
            Ok(task)
        };
        let kept = client.task(looking(form), work).await.unwrap();
        assert_eq!(code(kept.get(&*url).await), "task_closed", "{form:?}");

        let kept = std::sync::Mutex::new(None);
        let failing = async |task: Task| -> Result<(), Error> {
            task.get(&*url).await?;
            *kept.lock().unwrap() = Some(task);
            Err(Error::store("no such ticket", "look elsewhere"))
        };
        let failed = client.task(looking(form), failing).await.unwrap_err();
        assert!(failed.to_string().contains("no such ticket"), "{failed}");
        let kept = kept.into_inner().unwrap().unwrap();
        assert_eq!(code(kept.get(&*url).await), "task_closed", "{form:?}");
    }
}

#[tokio::test]
async fn a_task_that_one_opened_is_closed_by_oneself_and_its_budget_ends_it() {
    let stage = Stage::begin().await;
    let client = stage.client(Options::default().retries(0)).await;
    let budgets = Budgets { calls: Some(1), ..Budgets::default() };
    let options = TaskOptions { budgets, ttl_seconds: Some(60), ..looking(Form::Token) };
    let task = client.open_task(options).await.unwrap();
    assert_eq!(task.purpose(), "look at ticket 7");
    assert_eq!(task.get(stage.at("/acme/tickets/7")).await.unwrap().status(), 200);
    assert_eq!(code(task.get(stage.at("/acme/tickets/7")).await), "budget_exhausted");
    task.close().await.unwrap();
    task.close().await.unwrap();
    let below = TaskOptions {
        subject: Some(client.token().await.unwrap()),
        ..TaskOptions::new("below a token").scopes(["tickets:read"])
    };
    client.open_task(below).await.unwrap().close().await.unwrap();
}
