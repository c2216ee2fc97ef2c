package mail

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"time"

	gomail "github.com/wneessen/go-mail"
)

// SMTP sends mails through a server.
type SMTP struct {
	host     string
	from     string
	fromName string
	options  []gomail.Option
}

// NewSMTP reads an address such as smtp://user:password@mail.example.jp:587?from=no-reply@example.jp&name=Homecoming.
//
// smtps is TLS from the start. With smtp, tls=required (the default when there is a password), tls=optional (the
// default otherwise) or tls=off says what to ask of STARTTLS. The port is 587, or 465 for smtps, when it is not said.
func NewSMTP(address string) (*SMTP, error) {
	u, err := url.Parse(address)
	if err != nil {
		return nil, errors.New("SMTP_URL is no address") // the cause would show the password
	}
	q := u.Query()
	s := &SMTP{host: u.Hostname(), from: q.Get("from"), fromName: q.Get("name"), options: []gomail.Option{gomail.WithTimeout(15 * time.Second)}}
	if s.host == "" || s.from == "" {
		return nil, errors.New("SMTP_URL needs a host and ?from=, the sender's address")
	}
	if err := s.secure(u, q.Get("tls")); err != nil {
		return nil, err
	}
	if p := u.Port(); p != "" {
		port, err := strconv.Atoi(p)
		if err != nil {
			return nil, errors.New("SMTP_URL: the port is no number")
		}
		s.options = append(s.options, gomail.WithPort(port))
	}
	if password, ok := u.User.Password(); ok {
		s.options = append(s.options, gomail.WithUsername(u.User.Username()), gomail.WithPassword(password),
			gomail.WithSMTPAuth(gomail.SMTPAuthAutoDiscover))
	}
	_, err = gomail.NewClient(s.host, s.options...)
	return s, err
}

// secure chooses how the connection is protected.
func (s *SMTP) secure(u *url.URL, tls string) error {
	if u.Scheme == "smtps" {
		s.options = append(s.options, gomail.WithSSLPort(false))
		return nil
	}
	if _, ok := u.User.Password(); ok && tls == "" {
		tls = "required"
	}
	policy, known := map[string]gomail.TLSPolicy{"": gomail.TLSOpportunistic, "optional": gomail.TLSOpportunistic,
		"required": gomail.TLSMandatory, "off": gomail.NoTLS}[tls]
	if u.Scheme != "smtp" || !known {
		return fmt.Errorf("SMTP_URL begins with smtp:// or smtps://, and tls is required, optional or off")
	}
	s.options = append(s.options, gomail.WithTLSPolicy(policy), gomail.WithPort(587))
	return nil
}

// Send hands the mail to the server.
func (s *SMTP) Send(ctx context.Context, m Message) error {
	if err := m.check(); err != nil {
		return err
	}
	msg := gomail.NewMsg()
	if err := msg.FromFormat(s.fromName, s.from); err != nil {
		return err
	}
	if err := msg.AddToFormat(m.ToName, m.To); err != nil {
		return errors.Join(ErrAddress, err)
	}
	if m.ReplyTo != "" {
		if err := msg.ReplyTo(m.ReplyTo); err != nil {
			return err
		}
	}
	msg.Subject(m.Subject)
	msg.SetDate()
	if m.ID != "" {
		msg.SetMessageIDWithValue(m.ID + "@homecoming")
	}
	if m.Thread != "" { // nobody ever sent that mail; programs put together what answers the same one
		root := "<" + m.Thread + "@homecoming>"
		msg.SetGenHeader(gomail.HeaderInReplyTo, root)
		msg.SetGenHeader(gomail.HeaderReferences, root)
	}
	msg.SetGenHeader(gomail.HeaderContentLang, m.Language)
	if m.Stop != "" {
		msg.SetGenHeader(gomail.HeaderListUnsubscribe, "<"+m.Stop+">")
		msg.SetGenHeader(gomail.HeaderListUnsubscribePost, "List-Unsubscribe=One-Click")
	}
	msg.SetBodyString(gomail.TypeTextPlain, m.Text)
	msg.AddAlternativeString(gomail.TypeTextHTML, m.HTML())
	client, err := gomail.NewClient(s.host, s.options...)
	if err != nil {
		return err
	}
	return verdict(client.DialAndSendWithContext(ctx, msg))
}

// verdict tells an address that does not work from a server that does not.
func verdict(err error) error {
	var refusal *gomail.SendError
	if errors.As(err, &refusal) && refusal.Reason == gomail.ErrSMTPRcptTo && !refusal.IsTemp() {
		return errors.Join(ErrAddress, err)
	}
	return err
}
