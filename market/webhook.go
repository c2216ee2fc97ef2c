package market

import (
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/lib/pq"

	"homecoming/internal/outward"
	"homecoming/internal/problem"
)

// A Webhook is an address of a company's that is told what happens there, as the log has it: what was done, to what, and when.
// It is told no more: whoever wants to know the rest asks the API, with a token of somebody who may. Calls are signed by the
// scheme of Standard Webhooks (https://www.standardwebhooks.com).
type Webhook struct {
	ID           uuid.UUID
	CompanyID    uuid.UUID
	URL          string
	Note         string         // what it is for, in its makers' words
	About        pq.StringArray `gorm:"type:text[]"` // of [WebhookNouns]
	Secret       []byte         `json:"-"`           // sealed
	OldSecret    []byte         `json:"-"`           // sealed; signs beside the new one until OldUntil
	OldUntil     *time.Time
	State        WebhookState
	Failures     int        // calls since the last one that went well
	FailingSince *time.Time // the first of them
	RestsUntil   *time.Time // it is not called before
	MadeBy       uuid.UUID
	CreatedAt    time.Time

	Waiting int `gorm:"->"` // deliveries on their way
	Failed  int `gorm:"->"` // deliveries that were given up
}

// A WebhookState says whether an address is called.
type WebhookState string

// The states of a webhook. What happens while it is not on, it is never told.
const (
	WebhookOn     WebhookState = "on"
	WebhookPaused WebhookState = "paused" // by its company
	WebhookOff    WebhookState = "off"    // by the program: it failed for days, or said that it is gone
)

// WebhookNouns are what an address can be told of: the nouns of the log's actions. Nothing about one person's own affairs is
// among them: who signed in, consented, claimed or asked a question is nobody's event.
var WebhookNouns = []string{"task", "bid", "contract", "change", "milestone", "week", "dispute", "refund", "document", "pay_run", "month", "spending", "event", "post", "referral", "record"}

// WebhookSubjects is where the API tells more of a thing, by the noun before its id; a thing that is not here stands in a list alone.
var WebhookSubjects = map[string]string{"task": "/tasks/", "bid": "/bids/", "contract": "/contracts/", "milestone": "/milestones/", "dispute": "/disputes/",
	"document": "/documents/", "pay_run": "/pay-runs/", "spending": "/spending-requests/", "event": "/events/", "post": "/posts/", "referral": "/referrals/"}

const (
	maxWebhooks    = 10 // of a company
	maxWebhookURL  = 2000
	oldSecretLives = 24 * time.Hour
	webhookDies    = 5 * 24 * time.Hour // after so long without one call that went well it is switched off
	failuresSpared = 3                  // calls may fail before the address rests: one bad event keeps no others waiting
	longestRest    = time.Hour
	deliveriesKept = 30 * 24 * time.Hour
)

// What can be wrong with a webhook.
var (
	ErrWebhookURL = problem.Define(problem.Invalid, "webhook_url",
		"Write a whole address that begins with https:// and has no user name, password or #.", "https:// で始まるURLを入力してください（ユーザー名・パスワード・# は使えません）。")
	ErrWebhookPrivate = problem.Define(problem.Invalid, "webhook_private",
		"This address is not on the public Internet. Name one that is.", "インターネット上に公開されていないアドレスは登録できません。")
	ErrTooManyWebhooks = problem.Define(problem.Conflict, "too_many_webhooks",
		"A company has at most {max} webhooks. Remove one first.", "Webhookは{max}件までです。使っていないものを削除してください。")
	ErrNoWebhookNoun = problem.Define(problem.Invalid, "no_webhook_noun",
		"Choose at least one thing that the address is told of.", "通知する対象を1つ以上選んでください。")
	ErrWebhookSilent = problem.Define(problem.Conflict, "webhook_silent",
		"This webhook is not on. Switch it on first.", "このWebhookは停止中です。先に有効にしてください。")
	ErrDeliveryWaits = problem.Define(problem.Conflict, "delivery_waits",
		"This is on its way already.", "すでに送信待ちです。")
)

// A WebhookEdit is a webhook as it was typed; what is nil stays as it is.
type WebhookEdit struct {
	URL, Note *string
	About     *[]string
	State     *WebhookState // on or paused
}

// apply changes the webhook and says what is wrong with it then. private lets it lead to private networks, by http too.
func (e WebhookEdit) apply(w *Webhook, private bool) error {
	if e.URL != nil {
		w.URL = strings.TrimSpace(*e.URL)
	}
	if e.Note != nil {
		w.Note = strings.TrimSpace(*e.Note)
	}
	if e.About != nil {
		w.About = slices.DeleteFunc(slices.Clone(WebhookNouns), func(n string) bool { return !slices.Contains(*e.About, n) })
		for i, n := range *e.About {
			if !slices.Contains(WebhookNouns, n) {
				return ErrNotOneOf.On("about["+itoa(i)+"]").With("value", n).With("allowed", strings.Join(WebhookNouns, ", "))
			}
		}
	}
	if e.State != nil {
		if *e.State != WebhookOn && *e.State != WebhookPaused {
			return ErrNotOneOf.On("state").With("value", *e.State).With("allowed", "on, paused")
		}
		if w.State != *e.State {
			w.State, w.Failures, w.FailingSince, w.RestsUntil = *e.State, 0, nil, nil
		}
	}
	return w.check(private)
}

func (w Webhook) check(private bool) error {
	switch {
	case w.URL == "":
		return ErrRequired.On("url")
	case len(w.URL) > maxWebhookURL:
		return ErrTooLong.On("url").With("max", maxWebhookURL)
	case len([]rune(w.Note)) > maxTitle:
		return ErrTooLong.On("note").With("max", maxTitle)
	case len(w.About) == 0:
		return ErrNoWebhookNoun.On("about")
	}
	return checkWebhookURL(w.URL, private)
}

// checkWebhookURL finds what an address shows by itself to be wrong. Where its name leads is judged at each call.
func checkWebhookURL(raw string, private bool) error {
	at, err := url.Parse(raw)
	wrong := err != nil || at.Hostname() == "" || at.User != nil || strings.Contains(raw, "#") || at.Opaque != "" ||
		at.Scheme != "https" && (!private || at.Scheme != "http")
	if wrong {
		return ErrWebhookURL.On("url")
	}
	if ip, err := netip.ParseAddr(at.Hostname()); err == nil && !private && !outward.Public(ip) {
		return ErrWebhookPrivate.On("url")
	}
	return nil
}

// hears takes the outcome of a call: after some that failed it rests, twice as long each time; after days of them, or when it says
// that it is gone, it is switched off.
func (w *Webhook) hears(o Outcome, now time.Time) {
	if o.Trouble == "" {
		w.Failures, w.FailingSince, w.RestsUntil = 0, nil, nil
		return
	}
	if w.Failures++; w.FailingSince == nil {
		w.FailingSince = &now
	}
	if w.Failures >= failuresSpared {
		until := now.Add(min(longestRest, 30*time.Second<<min(w.Failures-failuresSpared, 10)))
		w.RestsUntil = &until
	}
	if o.Status == 410 || now.Sub(*w.FailingSince) >= webhookDies {
		w.State, w.RestsUntil = WebhookOff, nil
	}
}

// In says the state in the reader's language.
func (s WebhookState) In(lang problem.Language) string { return webhookStateWords[s].In(lang) }

var webhookStateWords = map[WebhookState]problem.Word{WebhookOn: {EN: "on", JA: "有効"}, WebhookPaused: {EN: "paused", JA: "一時停止"}, WebhookOff: {EN: "switched off", JA: "自動停止"}}
