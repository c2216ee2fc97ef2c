package market

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/http"
	"strconv"
	"time"

	"github.com/google/uuid"

	"homecoming/internal/outward"
	"homecoming/internal/problem"
)

// A Delivery is one thing that happened and one address that is told of it. It may be told twice, after a crash say, and later things
// before earlier ones: the id of the event, which every call carries, tells one from another.
type Delivery struct {
	ID        uuid.UUID
	WebhookID uuid.UUID
	CompanyID uuid.UUID
	EventID   uuid.UUID // the line of the log
	State     DeliveryState
	Attempts  int        // calls that were made
	NextAt    *time.Time // when the next one is due, of a waiting one that failed before
	TriedAt   *time.Time
	Status    int // of the last answer; 0: none came
	Trouble   Trouble
	TookMS    int // milliseconds until the last answer

	Action  string    `gorm:"->"` // what happened: "bid.accept"
	Subject string    `gorm:"->"` // to what: "bid:<id>"
	At      time.Time `gorm:"->"` // and when
}

// TableName is where deliveries are kept, for 30 days.
func (Delivery) TableName() string { return "webhook_deliveries" }

// A DeliveryState says how far it is.
type DeliveryState string

// The states of a delivery. A failed or delivered one waits again when somebody asks for it.
const (
	DeliveryWaits DeliveryState = "waiting"
	Delivered     DeliveryState = "delivered"
	DeliveryFails DeliveryState = "failed" // given up after all its calls
)

// retries is how long after each call that failed the next one follows: three days and a bit in all, as Standard Webhooks has it.
var retries = []time.Duration{5 * time.Second, 5 * time.Minute, 30 * time.Minute, 2 * time.Hour, 5 * time.Hour, 10 * time.Hour, 14 * time.Hour, 20 * time.Hour, 24 * time.Hour}

// A Trouble is why a call counts as failed; the empty one, that it does not.
type Trouble string

// What can be the matter.
const (
	TroubleStatus      Trouble = "status"      // an answer other than 2xx
	TroubleRedirect    Trouble = "redirect"    // an answer that sends elsewhere, which is not followed
	TroublePrivate     Trouble = "private"     // the name leads into a private network
	TroubleTLS         Trouble = "tls"         // the certificate is not good
	TroubleTimeout     Trouble = "timeout"     // no answer within ten seconds
	TroubleUnreachable Trouble = "unreachable" // no connection, or one that broke off
)

// In says it in the reader's language.
func (t Trouble) In(lang problem.Language) string { return troubleWords[t].In(lang) }

var troubleWords = map[Trouble]problem.Word{TroubleStatus: {EN: "the answer was not 2xx", JA: "2xx以外の応答"},
	TroubleRedirect: {EN: "the answer sends elsewhere, which is not followed", JA: "転送応答（追跡しません）"}, TroublePrivate: {EN: "the address is not on the public Internet", JA: "公開されていないアドレス"},
	TroubleTLS: {EN: "the certificate is not good", JA: "証明書が不正"}, TroubleTimeout: {EN: "no answer within ten seconds", JA: "10秒以内に応答なし"},
	TroubleUnreachable: {EN: "no connection", JA: "接続できません"}}

// An Outcome is what came of one call.
type Outcome struct {
	Status  int           // of the answer; 0: none came
	Trouble Trouble       // empty: it went well
	Wait    time.Duration // that the receiver asks for (Retry-After)
	Took    time.Duration
}

// outcomeOf reads what came back, or did not.
func outcomeOf(answer *http.Response, err error) Outcome {
	if err != nil {
		return Outcome{Trouble: troubleOf(err)}
	}
	o := Outcome{Status: answer.StatusCode}
	switch {
	case o.Status >= 200 && o.Status < 300:
	case o.Status >= 300 && o.Status < 400:
		o.Trouble = TroubleRedirect
	default:
		o.Trouble = TroubleStatus
		if seconds, err := strconv.Atoi(answer.Header.Get("Retry-After")); err == nil && seconds > 0 {
			o.Wait = min(time.Duration(min(seconds, 1<<20))*time.Second, 24*time.Hour)
		}
	}
	return o
}

func troubleOf(err error) Trouble {
	var certificate *tls.CertificateVerificationError
	var record tls.RecordHeaderError
	var network net.Error
	switch {
	case errors.Is(err, outward.ErrPrivate):
		return TroublePrivate
	case errors.As(err, &certificate), errors.As(err, &record):
		return TroubleTLS
	case errors.Is(err, context.DeadlineExceeded), errors.As(err, &network) && network.Timeout():
		return TroubleTimeout
	}
	return TroubleUnreachable
}

// hears takes the outcome of a call.
func (d *Delivery) hears(o Outcome, now time.Time) {
	d.Attempts++
	d.TriedAt, d.Status, d.Trouble, d.TookMS, d.NextAt = &now, o.Status, o.Trouble, int(o.Took.Milliseconds()), nil
	switch {
	case o.Trouble == "":
		d.State = Delivered
	case d.Attempts > len(retries):
		d.State = DeliveryFails
	default:
		next := now.Add(max(retries[d.Attempts-1], o.Wait))
		d.NextAt = &next
	}
}
