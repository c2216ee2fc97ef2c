package mail_test

import (
	"context"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	"net"
	netmail "net/mail"
	"strings"
	"sync"
	"testing"

	"github.com/emersion/go-smtp"

	"homecoming/internal/db/dbtest"
	"homecoming/internal/mail"
	"homecoming/internal/mail/mailtest"
)

func TestTheOutboxIsAMailer(t *testing.T) {
	t.Parallel()
	o := mail.NewOutbox(dbtest.New(t))
	mailtest.Conform(t, o, func() []mailtest.Arrival {
		list, err := o.Mails(context.Background(), "", 10)
		if err != nil {
			t.Fatal(err)
		}
		got := make([]mailtest.Arrival, len(list))
		for i, m := range list {
			got[len(list)-1-i] = mailtest.Arrival{To: m.Recipient, Subject: m.Subject, Text: m.Body}
		}
		return got
	})
}

func TestTheOutboxKeepsAMailSentTwiceOnce(t *testing.T) {
	t.Parallel()
	o := mail.NewOutbox(dbtest.New(t))
	for range 2 {
		if err := o.Send(context.Background(), mail.Message{ID: "same", To: "a@example.test", Subject: "x", Text: "x"}); err != nil {
			t.Fatal(err)
		}
	}
	if list, err := o.Mails(context.Background(), "a@example.test", 10); err != nil || len(list) != 1 {
		t.Errorf("%d mails, %v", len(list), err)
	}
}

func TestSMTPIsAMailer(t *testing.T) {
	t.Parallel()
	s := serve(t)
	m, err := mail.NewSMTP("smtp://" + s.address + "?tls=off&from=no-reply@home.test&name=Homecoming")
	if err != nil {
		t.Fatal(err)
	}
	mailtest.Conform(t, m, s.arrived)
	first := s.all()[0]
	if id := first.Header.Get("Message-ID"); id != "<1@homecoming>" {
		t.Errorf("the message is known as %s", id)
	}
	if !strings.Contains(s.html(first), `<a href="https://home.test/link/abc_DEF-123">`) {
		t.Errorf("no link in %s", s.html(first))
	}
}

func TestAMailSaysWhatItBelongsToAndHowItIsStopped(t *testing.T) {
	t.Parallel()
	s := serve(t)
	m, err := mail.NewSMTP("smtp://" + s.address + "?tls=off&from=no-reply@home.test")
	if err != nil {
		t.Fatal(err)
	}
	full := mail.Message{ID: "letter-7.x", To: "a@example.test", Subject: "x", Text: "x", Thread: "thread-1", Stop: "https://home.test/unsubscribe/abc"}
	plain := mail.Message{ID: "letter-8.x", To: "a@example.test", Subject: "x", Text: "x"}
	for _, one := range []mail.Message{full, plain} {
		if err := m.Send(context.Background(), one); err != nil {
			t.Fatal(err)
		}
	}
	got := s.all()
	for name, want := range map[string]string{"Message-ID": "<letter-7.x@homecoming>", "In-Reply-To": "<thread-1@homecoming>", "References": "<thread-1@homecoming>",
		"List-Unsubscribe": "<https://home.test/unsubscribe/abc>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click"} {
		if value := got[0].Header.Get(name); value != want {
			t.Errorf("%s is %q", name, value)
		}
		if value := got[1].Header.Get(name); name != "Message-ID" && value != "" {
			t.Errorf("a mail that must come, and stands alone, has %s: %q", name, value)
		}
	}
	if err := m.Send(context.Background(), mail.Message{To: "a@example.test", Subject: "x", Text: "x", Thread: "a\r\nBcc: all@example.test"}); err == nil {
		t.Error("a thread wrote a header of its own")
	}
}

func TestAnAddressThatDoesNotWorkIsToldFromAServerThatDoesNot(t *testing.T) {
	t.Parallel()
	s := serve(t)
	m, err := mail.NewSMTP("smtp://" + s.address + "?tls=off&from=no-reply@home.test")
	if err != nil {
		t.Fatal(err)
	}
	for to, want := range map[string]bool{"gone@example.test": true, "later@example.test": false, "no address": true} {
		err := m.Send(context.Background(), mail.Message{ID: "x", To: to, Subject: "x", Text: "x"})
		if err == nil || errors.Is(err, mail.ErrAddress) != want {
			t.Errorf("%s: %v", to, err)
		}
	}
}

func TestSMTPAddressesAreReadOrRefusedWithoutShowingThePassword(t *testing.T) {
	t.Parallel()
	for _, good := range []string{"smtp://localhost?from=a@b.test", "smtps://u:p@mail.test?from=a@b.test", "smtp://u:p@mail.test:587?from=a@b.test&tls=optional"} {
		if _, err := mail.NewSMTP(good); err != nil {
			t.Errorf("%s: %v", good, err)
		}
	}
	for _, bad := range []string{"", "mail.test", "smtp://mail.test", "http://u:hunter2@mail.test?from=a@b.test", "smtp://u:hunter2@mail.test?from=a@b.test&tls=maybe",
		"smtp://u:hunter2@mail.test:port?from=a@b.test", "smtp://u:hunter2@mail.test%"} {
		if _, err := mail.NewSMTP(bad); err == nil || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: %v", bad, err)
		}
	}
}

func TestHTMLShowsTheTextAndNothingElse(t *testing.T) {
	t.Parallel()
	page := mail.Message{Text: "Dear <script>,\n\n> https://evil.test\nhttps://home.test/?a=1&b=\"2\n", Language: "en"}.HTML()
	for _, want := range []string{"Dear &lt;script&gt;,", "&gt; https://evil.test<br>", `href="https://home.test/?a=1&amp;b=&#34;2"`} {
		if !strings.Contains(page, want) {
			t.Errorf("%s is not in %s", want, page)
		}
	}
	if strings.Contains(page, `href="https://evil.test`) {
		t.Error("a quoted link became a button")
	}
}

// A server takes mails for tests and refuses gone@ for good and later@ for now.
type server struct {
	address string
	mu      sync.Mutex
	mails   []taken
}

type taken struct {
	To     string
	Header netmail.Header
	Body   string
}

func serve(t *testing.T) *server {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &server{address: l.Addr().String()}
	srv := smtp.NewServer(smtp.BackendFunc(func(*smtp.Conn) (smtp.Session, error) { return &session{s: s}, nil }))
	srv.Domain = "home.test"
	go func() { _ = srv.Serve(l) }()
	t.Cleanup(func() { _ = srv.Close() })
	return s
}

func (s *server) all() []taken {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]taken(nil), s.mails...)
}

func (s *server) arrived() []mailtest.Arrival {
	var list []mailtest.Arrival
	for _, m := range s.all() {
		subject, _ := new(mime.WordDecoder).DecodeHeader(m.Header.Get("Subject"))
		list = append(list, mailtest.Arrival{To: m.To, Subject: subject, Text: part(m, "text/plain")})
	}
	return list
}

func (s *server) html(m taken) string { return part(m, "text/html") }

// part gives one of a mail's alternatives.
func part(m taken, kind string) string {
	_, params, err := mime.ParseMediaType(m.Header.Get("Content-Type"))
	if err != nil {
		return err.Error()
	}
	r := multipart.NewReader(strings.NewReader(m.Body), params["boundary"])
	for {
		p, err := r.NextRawPart()
		if err != nil {
			return err.Error()
		}
		if strings.HasPrefix(p.Header.Get("Content-Type"), kind) {
			text, _ := io.ReadAll(quotedprintable.NewReader(p))
			return strings.ReplaceAll(string(text), "\r\n", "\n")
		}
	}
}

type session struct {
	s  *server
	to string
}

func (*session) Mail(string, *smtp.MailOptions) error { return nil }

func (c *session) Rcpt(to string, _ *smtp.RcptOptions) error {
	switch {
	case strings.HasPrefix(to, "gone@"):
		return &smtp.SMTPError{Code: 550, EnhancedCode: smtp.EnhancedCode{5, 1, 1}, Message: "no such user"}
	case strings.HasPrefix(to, "later@"):
		return &smtp.SMTPError{Code: 451, EnhancedCode: smtp.EnhancedCode{4, 3, 0}, Message: "try again later"}
	}
	c.to = to
	return nil
}

func (c *session) Data(r io.Reader) error {
	m, err := netmail.ReadMessage(r)
	if err != nil {
		return err
	}
	body, err := io.ReadAll(m.Body)
	if err != nil {
		return err
	}
	c.s.mu.Lock()
	defer c.s.mu.Unlock()
	c.s.mails = append(c.s.mails, taken{c.to, m.Header, string(body)})
	return nil
}

func (c *session) Reset()      { c.to = "" }
func (*session) Logout() error { return nil }
