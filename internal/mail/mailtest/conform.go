package mailtest

import (
	"context"
	"strings"
	"testing"

	"homecoming/internal/mail"
)

// An Arrival is a mail as its reader has it.
type Arrival struct{ To, Subject, Text string }

// Conform holds a mailer to what every mailer promises. arrived lists what readers have, oldest first.
func Conform(t *testing.T, m mail.Mailer, arrived func() []Arrival) {
	t.Helper()
	ctx := context.Background()
	long := strings.Repeat("長い行でも途中で壊れないこと。", 40)
	messages := []mail.Message{
		{ID: "1", To: "yumi@example.test", ToName: "高橋 由美", Subject: "【葵】案件のご相談：決算の支援（四半期）をお願いできますか", Text: "高橋 様\n\n" + long + "\n\nhttps://home.test/link/abc_DEF-123\n", Language: "ja"},
		{ID: "2", To: "daniel@example.test", Subject: "A bid: ¥300,000", Text: "Dear Daniel,\n\n> quoted\n.a line that begins with a dot\n\nhttps://home.test/x?a=1&b=2\n", Language: "en"},
	}
	for _, msg := range messages {
		if err := m.Send(ctx, msg); err != nil {
			t.Fatalf("%s: %v", msg.ID, err)
		}
	}
	got := arrived()
	if len(got) != len(messages) {
		t.Fatalf("%d mails arrived", len(got))
	}
	for i, msg := range messages {
		if got[i].To != msg.To || got[i].Subject != msg.Subject || strings.TrimSpace(got[i].Text) != strings.TrimSpace(msg.Text) {
			t.Errorf("sent %+v\ncame %+v", msg, got[i])
		}
	}
	for name, bad := range map[string]mail.Message{
		"nobody":              {ID: "3", Subject: "x", Text: "x"},
		"no subject":          {ID: "4", To: "a@example.test", Text: "x"},
		"no text":             {ID: "5", To: "a@example.test", Subject: "x", Text: " \n"},
		"a header in subject": {ID: "6", To: "a@example.test", Subject: "x\r\nBcc: evil@example.test", Text: "x"},
		"a header in a name":  {ID: "7", To: "a@example.test", ToName: "x\nBcc: evil@example.test", Subject: "x", Text: "x"},
	} {
		if err := m.Send(ctx, bad); err == nil {
			t.Errorf("%s: sent", name)
		}
	}
	if n := len(arrived()); n != len(messages) {
		t.Errorf("%d mails arrived after the refused ones", n)
	}
	gone, cancel := context.WithCancel(ctx)
	cancel()
	if err := m.Send(gone, messages[0]); err == nil {
		t.Error("sent although nobody waits any more")
	}
}
