package mail_test

import (
	"context"
	"encoding/base64"
	"errors"
	"net"
	netsmtp "net/smtp"
	"strings"
	"sync"
	"testing"

	"golang.org/x/text/encoding/japanese"

	"homecoming/internal/mail"
	"homecoming/internal/problem"
)

func TestAMailIsReadAsItsSenderWroteIt(t *testing.T) {
	t.Parallel()
	jis, err := japanese.ISO2022JP.NewEncoder().String("金曜日までに終わります。")
	if err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		raw  string
		want mail.Incoming
	}{
		"plain": {"From: Yumi <Yumi@Alumni.test>\nMessage-ID: <1@x>\nAuto-Submitted: no\n\nBy Friday.\n", mail.Incoming{ID: "1@x", From: "yumi@alumni.test", Text: "By Friday.\n"}},
		"Japanese of old": {"From: y@alumni.test\nContent-Type: text/plain; charset=ISO-2022-JP\n\n" + jis + "\n",
			mail.Incoming{From: "y@alumni.test", Text: "金曜日までに終わります。\n"}},
		"of two forms the plain one": {"From: y@alumni.test\nContent-Type: multipart/alternative; boundary=b\n\n--b\nContent-Type: text/plain\n\nplain\n--b\nContent-Type: text/html\n\n<p>rich</p>\n--b--\n",
			mail.Incoming{From: "y@alumni.test", Text: "plain"}},
		"only HTML": {"From: y@alumni.test\nContent-Type: text/html\n\n<html><head><style>p{}</style><title>x</title></head><body><div>By <b>Friday</b>.</div><p>Yumi</p><blockquote>What you <p>wrote</p></blockquote><p>P.S.</p></body></html>",
			mail.Incoming{From: "y@alumni.test", Text: "\nBy Friday.\nYumi\nP.S."}},
		"with a file, and a picture in its text": {"From: y@alumni.test\nContent-Type: multipart/mixed; boundary=b\n\n--b\n\nSee it.\n--b\nContent-Type: image/png\nContent-Disposition: inline\n\nx\n--b\n" +
			"Content-Type: text/csv; name=a.csv\nContent-Disposition: attachment; filename=\"=?UTF-8?B?" + base64.StdEncoding.EncodeToString([]byte("表.csv")) + "?=\"\nContent-Transfer-Encoding: base64\n\nMSwy\n--b--\n",
			mail.Incoming{From: "y@alumni.test", Text: "See it.", Files: []mail.Enclosure{{Name: "表.csv", Body: []byte("1,2")}}}},
		"an absence":          {"From: y@alumni.test\nAuto-Submitted: auto-replied\n\nI am away.", mail.Incoming{From: "y@alumni.test", Text: "I am away.", Machine: true}},
		"a list":              {"From: y@alumni.test\nPrecedence: Bulk\n\nx", mail.Incoming{From: "y@alumni.test", Text: "x", Machine: true}},
		"an unknown alphabet": {"From: y@alumni.test\nContent-Type: text/plain; charset=x-none\n\nBy Friday.", mail.Incoming{From: "y@alumni.test", Text: "By Friday."}},
	} {
		got, err := mail.ReadIncoming(strings.NewReader(strings.ReplaceAll(c.raw, "\n", "\r\n")))
		got.Text = strings.ReplaceAll(got.Text, "\r\n", "\n")
		if err != nil || got.ID != c.want.ID || got.From != c.want.From || got.Text != c.want.Text || got.Machine != c.want.Machine || len(got.Files) != len(c.want.Files) {
			t.Errorf("%s: %+v, %v", name, got, err)
			continue
		}
		for i, f := range got.Files {
			if f.Name != c.want.Files[i].Name || string(f.Body) != string(c.want.Files[i].Body) {
				t.Errorf("%s: %+v", name, f)
			}
		}
	}
	for _, raw := range []string{"", "no mail at all", "Subject: from nobody\r\n\r\nx", "From: nobody\r\n\r\nx"} {
		if _, err := mail.ReadIncoming(strings.NewReader(raw)); !errors.Is(err, mail.ErrUnreadable) {
			t.Errorf("%q: %v", raw, err)
		}
	}
}

func FuzzReadIncoming(f *testing.F) {
	f.Add([]byte("From: y@alumni.test\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nx\r\n--b--\r\n"))
	f.Add([]byte("From: y@alumni.test\r\nContent-Type: text/html\r\n\r\n<p>x<blockquote>y"))
	f.Add([]byte("From: =?ISO-2022-JP?B?GyRC?= <y@alumni.test>\r\n\r\n\x00\xff"))
	f.Fuzz(func(t *testing.T, raw []byte) {
		m, err := mail.ReadIncoming(strings.NewReader(string(raw)))
		if err == nil && m.From == "" {
			t.Error("a mail from nobody was read")
		}
	})
}

// A clerk takes mails for desk, and refuses as it is told.
type clerk struct {
	mu    sync.Mutex
	taken []mail.Incoming
	says  error
}

func (c *clerk) Knows(_ context.Context, local string) (bool, error) { return local == "desk", nil }

func (c *clerk) Take(_ context.Context, _ string, m mail.Incoming) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.says == nil {
		c.taken = append(c.taken, m)
	}
	return c.says
}

// say has it refuse from now on, or take again.
func (c *clerk) say(err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.says = err
}

func (c *clerk) count() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.taken)
}

var (
	errFull   = problem.Define(problem.RateLimited, "test_full", "Too many. Wait a little.", "多すぎます。")
	errClosed = problem.Define(problem.Forbidden, "test_closed", "“Desk” is closed.", "閉まっています。")
)

func TestALetterboxTakesTheMailsOfItsDomainAndTellsTheSendersServerOfTheRest(t *testing.T) {
	t.Parallel()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	c := &clerk{}
	s := mail.NewLetterbox("Reply.home.test", c)
	go func() { _ = s.Serve(l) }()
	t.Cleanup(func() { _ = s.Close() })
	send := func(from, to, raw string) error {
		return netsmtp.SendMail(l.Addr().String(), nil, from, []string{to}, []byte(raw))
	}
	const note = "From: y@alumni.test\r\n\r\nBy Friday.\r\n"

	if err := send("y@alumni.test", "DESK@reply.home.test", note); err != nil || c.count() != 1 {
		t.Fatalf("%d taken, %v", c.count(), err)
	}
	for name, m := range map[string][3]string{"a bounce": {"", "desk@reply.home.test", note}, "an absence": {"y@alumni.test", "desk@reply.home.test", "From: y@alumni.test\r\nAuto-Submitted: auto-replied\r\n\r\nx\r\n"}} {
		if err := send(m[0], m[1], m[2]); err != nil || c.count() != 1 {
			t.Errorf("%s: %d taken, %v", name, c.count(), err)
		}
	}
	for name, m := range map[string]struct {
		to, raw string
		says    error
		want    string
	}{
		"an unknown address":    {"other@reply.home.test", note, nil, "550"},
		"another domain":        {"desk@elsewhere.test", note, nil, "550"},
		"no mail":               {"desk@reply.home.test", "Subject: from nobody\r\n\r\nx\r\n", nil, "554"},
		"who may not":           {"desk@reply.home.test", note, errClosed, "is closed."},
		"who writes too much":   {"desk@reply.home.test", note, errFull, "451"},
		"a fault that may pass": {"desk@reply.home.test", note, errors.New("connection lost: secret"), "451"},
	} {
		c.say(m.says)
		err := send("y@alumni.test", m.to, m.raw)
		if err == nil || !strings.Contains(err.Error(), m.want) || strings.Contains(err.Error(), "secret") {
			t.Errorf("%s: %v", name, err)
		}
	}
	if c.count() != 1 {
		t.Errorf("%d taken", c.count())
	}
}
