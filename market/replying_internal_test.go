package market

import (
	"strings"
	"testing"

	"github.com/google/uuid"
	"pgregory.net/rapid"
)

func TestAnAnswerIsTakenWithoutWhatItQuotes(t *testing.T) {
	t.Parallel()
	const own = "By Friday.\n\nYumi"
	for name, quoted := range map[string]string{
		"nothing":          "",
		"Gmail":            "\n\nOn Sat, Nov 28, 2026 at 9:00 AM Homecoming <no-reply@home.test> wrote:\n> Please write your answer above this line.\n>\n> Dear Yumi,\n",
		"Gmail, broken":    "\n\nOn Sat, Nov 28, 2026 at 9:00 AM A Very Long Name Of A Company\n<no-reply@home.test> wrote:\n\n> Dear Yumi,\n",
		"Gmail in Japan":   "\n\n2026年11月28日(土) 9:00 Homecoming <no-reply@home.test>:\n\n> この行より上に返信をご記入ください。\n> 高橋 様\n",
		"Outlook":          "\n\n________________________________\nFrom: Homecoming <no-reply@home.test>\nSent: Saturday, November 28, 2026\nTo: Yumi\nSubject: x\n\nPlease write your answer above this line.\n\nDear Yumi,",
		"Outlook in Japan": "\n\n差出人: Homecoming <no-reply@home.test>\n送信日時: 2026年11月28日 9:00\n宛先: Yumi\n\nこの行より上に返信をご記入ください。\n",
		"of old":           "\n\n-----Original Message-----\nDear Yumi,\n",
		"the mark alone":   "\n\nPlease write your answer above this line.\n\nDear Yumi,",
		"quotes alone":     "\n\n> Dear Yumi,\n> how is it?\n",
		"a signature":      "\n-- \nTakahashi Yumi\n090-0000-0000\n",
	} {
		if got := replyText(strings.ReplaceAll(own+quoted, "\n", "\r\n")); strings.TrimRight(strings.TrimSuffix(got, strings.Repeat("_", 32)), "\n") != own {
			t.Errorf("%s: %q", name, got)
		}
	}
	for _, kept := range []string{
		"On Monday he wrote:\nnothing else", "> When is it done?\nBy Friday.\n> And then?\nWe rest.", "From: here to there\nit is far", "2026/11/28 is the day:\nfine",
		"On Sat, Homecoming <no-reply@home.test> wrote:\n> When is it done?\nBy Friday.",
	} {
		if got := replyText(kept); got != kept {
			t.Errorf("%q became %q", kept, got)
		}
	}
}

func FuzzReplyText(f *testing.F) {
	for _, seed := range []string{"", "On x wrote:\n> y", "-- \nx", "From: x\nTo: y\n", "> a\nb\n> c", "\x00\xff\n2026年1月1日 <a@b>:"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		got := replyText(text)
		if !strings.Contains(strings.ReplaceAll(text, "\r\n", "\n"), got) {
			t.Errorf("%q became %q, which nobody wrote", text, got)
		}
	})
}

func TestTheAddressOfAnAnswerIsAMailAddressAndItsReadersAlone(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		p := replyPlace{ReplyNo: rapid.Int64Range(1, 999_999_999_999_999_999).Draw(t, "number"), ThreadID: uuid.New(), PersonID: uuid.New(), StopKey: uuid.New()}
		local := p.local()
		if len(local) > 64 || !replyForm.MatchString(local) || strings.ToLower(local) != local {
			t.Fatalf("%q is no local part (RFC 5321, 4.5.3.1.1)", local)
		}
		for _, other := range []replyPlace{{p.ReplyNo + 1, p.ThreadID, p.PersonID, p.StopKey}, {p.ReplyNo, uuid.New(), p.PersonID, p.StopKey}, {p.ReplyNo, p.ThreadID, uuid.New(), p.StopKey}, {p.ReplyNo, p.ThreadID, p.PersonID, uuid.New()}} {
			if other.signature() == p.signature() {
				t.Fatal("two places have one signature")
			}
		}
	})
}
