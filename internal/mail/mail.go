package mail

import (
	"context"
	"errors"
	"html"
	"regexp"
	"strings"

	"github.com/google/uuid"
)

// A Message is one mail to one reader.
type Message struct {
	ID       string // unique to what caused the mail; becomes the Message-ID
	To       string // an address
	ToName   string // may be empty
	Subject  string // one line
	Text     string // plain text; a line that is a link alone becomes a button in HTML
	Language string // ja or en
	Thread   string // what the mail belongs to together with others, which mail programs show as one; empty for one that stands alone
	ReplyTo  string // an address that takes answers; empty where nobody reads them
	Stop     string // an address where one POST stops letters of this sort (RFC 8058); empty for letters that must come

	TellsOf []uuid.UUID // people, or their memberships, to whom it goes or whom it names: an outbox that keeps the mail is cleared by them
}

// A Mailer sends a message. It returns ErrAddress for an address that will never work; any other error is worth
// another try.
type Mailer interface {
	Send(ctx context.Context, m Message) error
}

// ErrAddress is for a recipient who cannot be written to, now or later.
var ErrAddress = errors.New("mail: this address does not work")

// errMessage is for a message that nobody could read.
var errMessage = errors.New("mail: a message needs a recipient, a one-line subject and a text")

func (m Message) check() error {
	if m.To == "" || m.Subject == "" || strings.TrimSpace(m.Text) == "" || strings.ContainsAny(m.Subject+m.To+m.ToName+m.Stop+m.Thread+m.ReplyTo, "\r\n") {
		return errMessage
	}
	return nil
}

var linkAlone = regexp.MustCompile(`^https?://\S+$`)

// HTML is the message's text as a page: paragraphs, and links that can be clicked.
func (m Message) HTML() string {
	var b strings.Builder
	b.WriteString(`<!doctype html><html lang="` + html.EscapeString(m.Language) + `"><meta charset="utf-8"><body style="font:16px/1.6 system-ui,sans-serif;max-width:36em;margin:2em auto;padding:0 1em;color:#1c1917">`)
	for paragraph := range strings.SplitSeq(strings.TrimSpace(m.Text), "\n\n") {
		b.WriteString("<p>")
		for i, line := range strings.Split(paragraph, "\n") {
			if i > 0 {
				b.WriteString("<br>")
			}
			escaped := html.EscapeString(line)
			if linkAlone.MatchString(strings.TrimSpace(line)) {
				escaped = `<a href="` + strings.TrimSpace(escaped) + `">` + escaped + `</a>`
			}
			b.WriteString(escaped)
		}
		b.WriteString("</p>\n")
	}
	b.WriteString("</body></html>\n")
	return b.String()
}
