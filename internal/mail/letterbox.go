package mail

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"strings"
	"time"

	"github.com/emersion/go-smtp"

	"homecoming/internal/problem"
)

// A Recipient is who reads the mails of a domain. It is asked for the part before the @, in lower case.
type Recipient interface {
	// Knows reports whether an address is one that mails are taken for.
	Knows(ctx context.Context, local string) (bool, error)

	// Take takes a mail in. A [problem.Error] is told to the sender's server, which tells the sender; after any other error it
	// tries again later.
	Take(ctx context.Context, local string, m Incoming) error
}

// Limits of what a letterbox takes.
const (
	maxMail       = 30 << 20 // bytes of one mail
	mailsInOne    = 5        // recipients of one mail
	letterboxWait = time.Minute
)

// What a sender's server is told. Numbers are of RFC 3463.
var (
	errNoSuchAddress = &smtp.SMTPError{Code: 550, EnhancedCode: smtp.EnhancedCode{5, 1, 1}, Message: "This address takes no mail. Answer on the pages instead."}
	errNoMail        = &smtp.SMTPError{Code: 554, EnhancedCode: smtp.EnhancedCode{5, 6, 0}, Message: "This is no mail that can be read."}
	errLater         = &smtp.SMTPError{Code: 451, EnhancedCode: smtp.EnhancedCode{4, 3, 0}, Message: "Something went wrong here. Please try again later."}
)

// NewLetterbox makes an SMTP server that takes the mails of one domain, and none for anybody else. A mail counts as taken when its
// recipient has it: what could not be taken is told to the sender's server there and then, so that nothing is lost and no letter of
// refusal is ever written. It speaks no TLS: an MTA of the operator's stands before it.
func NewLetterbox(domain string, to Recipient) *smtp.Server {
	s := smtp.NewServer(smtp.BackendFunc(func(*smtp.Conn) (smtp.Session, error) {
		return &delivery{domain: strings.ToLower(domain), to: to}, nil
	}))
	s.Domain, s.MaxMessageBytes, s.MaxRecipients = domain, maxMail, mailsInOne
	s.ReadTimeout, s.WriteTimeout = letterboxWait, letterboxWait
	s.ErrorLog = slog.NewLogLogger(slog.Default().Handler(), slog.LevelWarn)
	return s
}

// A delivery is one conversation with a server that brings mails.
type delivery struct {
	domain  string
	to      Recipient
	nobody  bool     // it comes from nobody, as bounces do
	letters []string // the local parts that it is for
}

// Mail begins one.
func (d *delivery) Mail(from string, _ *smtp.MailOptions) error {
	d.Reset()
	d.nobody = from == ""
	return nil
}

// Rcpt asks whether an address is taken.
func (d *delivery) Rcpt(to string, _ *smtp.RcptOptions) error {
	local, domain, _ := strings.Cut(strings.ToLower(to), "@")
	if domain != d.domain {
		return errNoSuchAddress
	}
	ctx, cancel := context.WithTimeout(context.Background(), letterboxWait)
	defer cancel()
	known, err := d.to.Knows(ctx, local)
	switch {
	case err != nil:
		slog.Error("letterbox", "error", err)
		return errLater
	case !known:
		return errNoSuchAddress
	}
	d.letters = append(d.letters, local)
	return nil
}

// Data takes the mail itself. What no person sent is taken and put away unread, because an answer to it would come back for ever.
func (d *delivery) Data(r io.Reader) error {
	raw, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	m, err := ReadIncoming(bytes.NewReader(raw))
	switch {
	case d.nobody || m.Machine:
		return nil
	case err != nil:
		return errNoMail
	}
	ctx, cancel := context.WithTimeout(context.Background(), letterboxWait)
	defer cancel()
	for _, local := range d.letters {
		if err := d.to.Take(ctx, local, m); err != nil {
			return refusal(err)
		}
	}
	return nil
}

// refusal is what the sender's server is told of an error.
func refusal(err error) error {
	var p *problem.Error
	switch {
	case !errors.As(err, &p):
		slog.Error("letterbox", "error", err)
		return errLater
	case p.Kind == problem.RateLimited || p.Kind == problem.Unavailable:
		return &smtp.SMTPError{Code: 451, EnhancedCode: smtp.EnhancedCode{4, 7, 0}, Message: ascii(p.In(problem.English))}
	}
	return &smtp.SMTPError{Code: 550, EnhancedCode: smtp.EnhancedCode{5, 7, 1}, Message: ascii(p.In(problem.English))}
}

// ascii is a sentence as SMTP takes it from servers that agreed on nothing more.
func ascii(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '“' || r == '”':
			return '"'
		case r == '’':
			return '\''
		case r < ' ' || r > '~':
			return '?'
		}
		return r
	}, s)
}

// Reset forgets the mail at hand.
func (d *delivery) Reset() { d.nobody, d.letters = false, nil }

// Logout ends the conversation.
func (d *delivery) Logout() error { return nil }
