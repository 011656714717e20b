//! `/me/grants`: what a person has granted, and taking it back.

use crate::consent::flow::{Browser, Client, hidden};
use crate::world::World;

#[tokio::test]
async fn a_person_sees_what_they_granted_and_takes_it_back() {
    let world = World::new().await;
    let (client, browser) =
        (Client::public(&world, "a").await, Browser::sign_in(&world, "zoe").await);
    let other = Browser::sign_in(&world, "tom").await;
    let tokens = client.offline(&world, &browser).await;
    let page = browser.get(&world, "/me/grants").await;
    let text = String::from_utf8_lossy(&page.body);
    assert!(text.contains("refunds: send or create /refunds (POST)"), "{text}");
    assert!(text.contains("2027-01-15T08:00:00.000Z"), "{text}");
    let theirs = other.get(&world, "/me/grants").await;
    assert!(String::from_utf8_lossy(&theirs.body).contains("No agent may act for you."));
    let grant = hidden(&page, "grant");
    let form_token = hidden(&page, "form_token");
    // Somebody else's is not there, and a form of another site does nothing.
    let own = [("form_token", &*form_token), ("grant", &*grant)];
    assert_eq!(other.post(&world, "/me/grants/end", &own).await.status.as_u16(), 403);
    let foreign = hidden(&theirs, "form_token");
    let stolen = [("form_token", &*foreign), ("grant", &*grant)];
    assert_eq!(other.post(&world, "/me/grants/end", &stolen).await.status.as_u16(), 404);
    client.refresh(&world, tokens["refresh_token"].as_str().unwrap()).await.ok(200);
    let ended = browser.post(&world, "/me/grants/end", &own).await;
    assert_eq!(ended.headers["location"], "/me/grants");
    let refreshed = client.refresh(&world, tokens["refresh_token"].as_str().unwrap()).await;
    refreshed.refused(400, "invalid_grant");
    let page = browser.get(&world, "/me/grants").await;
    assert!(String::from_utf8_lossy(&page.body).contains("the person took it back"));
}

#[tokio::test]
async fn nobody_sees_it_who_is_not_signed_in() {
    let world = World::new().await;
    let answer = world.get("/me/grants").await;
    assert_eq!(answer.headers["location"], "/sign-in?return_to=%2Fme%2Fgrants");
}
