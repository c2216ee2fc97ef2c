package main

import (
	"context"
	"strings"
	"testing"
	"time"
)

// TestTheMainJobWalksByBrowserToDifferenceZero does by hand, in five windows, what the API walk does by program: the
// manager and the office in Japanese at a desk, the alumna on a phone, finance and the administrator in English.
func TestTheMainJobWalksByBrowserToDifferenceZero(t *testing.T) {
	i, b := inhabited(t), chromium(t)
	manager := sit(t, b, i, i.login(t, "manager"), "ja", 1280)
	task := postByHand(manager)
	inviteByHand(t, manager, task, i)

	alumna := sit(t, b, i, i.login(t, "alumnus"), "ja", 390)
	alumna.open(task)
	alumna.shoot("bid-phone")
	alumna.fill("message", "在籍中に同じ申告を6年担当しました。")
	alumna.send(`form[name="bid"]`)

	manager.open(task)
	manager.shoot("bids")
	manager.send(`form[name="accept"]`)
	contract := manager.path()
	if !strings.HasPrefix(contract, "/contracts/") {
		t.Fatalf("accepting leads to %s", contract)
	}
	payByHand(manager, contract)

	alumna.open(contract)
	alumna.send(`form[name="start"]`)
	alumna.page.MustElement(`form[name="submit"] [name="message"]`).MustInput("レビュー結果をお送りします。")
	alumna.send(`form[name="submit"]`)
	alumna.shoot("contract-phone")

	manager.open(contract)
	manager.shoot("contract")
	manager.send(`form[name="accept-work"]`)
	alumna.until(contract, `[data-state="paid"]`)
	alumna.open("/payouts")
	alumna.shoot("payouts-phone")

	reconcileByHand(sit(t, b, i, i.login(t, "finance"), "en", 1280))
	lookAround(t, sit(t, b, i, i.login(t, "office"), "ja", 1280), "/people", "/people/import")
	lookAround(t, sit(t, b, i, i.login(t, "administrator"), "en", 1280), "/settings", "/dev/mails", "/dev/storybook", "/money", "/people")
}

// postByHand fills in the form of a new task and publishes it; it returns where the task is.
func postByHand(manager *person) string {
	manager.t.Helper()
	manager.open("/tasks/new")
	manager.fill("title", "3月決算の法人税申告書レビュー（再確認）")
	manager.fill("brief", "申告書案の**最終確認**をお願いします。")
	manager.fill("skills[0].skill", "法人税")
	manager.fill("skills[1].skill", "連結決算")
	manager.fill("budget", "280,000")
	manager.fill("due_on", time.Now().AddDate(0, 0, 25).Format(time.DateOnly))
	manager.page.MustElement(`#candidates ol li`) // who fits appears while the task is written
	manager.shoot("new-task")
	manager.press(`button[name="do"][value="publish"]`)
	return manager.path()
}

// inviteByHand invites the alumna from the ranked list.
func inviteByHand(t *testing.T, manager *person, task string, i info) {
	t.Helper()
	var me struct {
		Grants []struct {
			MembershipID string `json:"membership_id"`
			Role         string
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	if err := i.client(t, "alumnus").Do(ctx, "GET", "/api/v1/me", "", nil, &me); err != nil {
		t.Fatal(err)
	}
	manager.open(task)
	manager.shoot("candidates")
	manager.press(`button[name="only"][value="` + me.Grants[0].MembershipID + `"]`)
}

// payByHand goes through the checkout page and comes back.
func payByHand(manager *person, contract string) {
	manager.t.Helper()
	if others := `details:has(form[name="fund"]) > summary`; manager.has(others) { // a saved card is offered first
		manager.page.MustElement(others).MustClick()
	}
	manager.press(`form[name="fund"] button`)
	if strings.HasPrefix(manager.where(), manager.base) {
		manager.t.Fatalf("funding leads to %s, not to the checkout page", manager.where())
	}
	manager.shoot("checkout")
	manager.press(`form button`)
	if got := manager.path(); got != "/checkout/done" {
		manager.t.Errorf("the checkout page leads back to %s", got)
	}
	manager.until(contract, `[data-state="funded"]`)
}

// reconcileByHand compares the books with Stripe and wants nothing left.
func reconcileByHand(finance *person) {
	finance.t.Helper()
	finance.open("/money")
	finance.shoot("money")
	finance.send(`form[name="reconcile"]`)
	finance.until(finance.path(), `[data-state="succeeded"]`)
	finance.shoot("reconciliation")
	finance.wantText("nothing needs you")
	finance.wantText("¥0")
	lookAround(finance.t, finance, "/money/ledger", "/money/payouts")
}

func lookAround(t *testing.T, p *person, paths ...string) {
	t.Helper()
	for _, path := range paths {
		p.open(path)
		if p.path() != path {
			t.Errorf("%s leads to %s", path, p.path())
		}
		p.shoot(strings.ReplaceAll(strings.Trim(path, "/"), "/", "-"))
	}
}
