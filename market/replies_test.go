package market_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"homecoming/internal/mail"
	"homecoming/market"
	"homecoming/market/markettest"
)

func TestALetterIsAnsweredByMail(t *testing.T) {
	t.Parallel()
	w, ctx := markettest.New(t), context.Background()
	w.Market = market.New(w.DB, w.Clock, markettest.Resolve, markettest.CheapPasswords, markettest.Files(t), market.WithReplies("reply.home.test"))
	aoi := w.Company("Aoi")
	yumi, kenji := aoi.Alumnus("Takahashi Yumi"), aoi.Alumnus("Mori Kenji")
	bid := w.Bid(yumi, aoi.Task("Close the books", 300_000), 280_000)
	m, err := w.Market.WriteMessage(ctx, aoi.Manager, onBid(bid, "Is March early enough?"))
	w.Check(err)
	box := &kept{}
	w.Check(w.Market.SendLetter(ctx, box, "https://home.test", lettersOf(t, w, market.LetterMessage)[0], 1))
	letter := box.mails[0]
	local, domain, _ := strings.Cut(letter.ReplyTo, "@")
	if domain != "reply.home.test" || !strings.HasPrefix(letter.Text, "Please write your answer above this line.") {
		t.Fatalf("the letter does not say how it is answered: %+v", letter)
	}
	desk := w.Market.Letterbox()
	if known, err := desk.Knows(ctx, local); err != nil || !known {
		t.Errorf("its address is not known: %v", err)
	}
	for _, bad := range []string{"", "desk", local + "a", strings.Replace(local, "-", "-a", 1), "r999999999999999999-" + local[strings.Index(local, "-")+1:]} {
		if known, err := desk.Knows(ctx, bad); err != nil || known {
			t.Errorf("%q is known: %v", bad, err)
		}
	}
	answer := mail.Incoming{ID: "1@alumni.test", From: strings.ToLower(yumi.Email), Text: "It is.\n\nOn Sat, Homecoming <no-reply@home.test> wrote:\n> " + strings.ReplaceAll(letter.Text, "\n", "\n> ")}
	for range 2 { // servers send again where they did not hear the yes
		w.Check(desk.Take(ctx, local, answer))
	}
	list, err := w.Market.Messages(ctx, aoi.Manager, m.ThreadID, 0, 10)
	w.Check(err)
	if len(list) != 2 || list[0].Body != "It is." || list[0].Side != market.ByAlumnus || list[0].AuthorID != yumi.PersonID {
		t.Fatalf("%+v", list)
	}
	if told := lettersOf(t, w, market.LetterMessage); len(told) != 2 || told[1].PersonID != aoi.Manager.PersonID {
		t.Errorf("the manager does not hear of it: %+v", told)
	}

	again := answer
	again.ID, again.Text = "2@alumni.test", " \n"
	forged := answer
	forged.ID, forged.From = "3@alumni.test", strings.ToLower(kenji.Email)
	files := answer
	files.ID, files.Files = "4@alumni.test", []mail.Enclosure{{Name: "a.exe", Body: []byte("MZ")}}
	for name, c := range map[string]struct {
		m    mail.Incoming
		want error
	}{"nothing written": {again, market.ErrRequired}, "from another address": {forged, market.ErrReplyFrom}, "a program": {files, market.ErrFileType}} {
		if err := desk.Take(ctx, local, c.m); !errors.Is(err, c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	_, err = w.Market.BarMember(ctx, aoi.Office, aoi.ID, yumi.MembershipID, market.Bar{Kind: market.InConflict, Reason: "audits us"})
	w.Check(err)
	last := answer
	last.ID = "5@alumni.test"
	if err := desk.Take(ctx, local, last); !errors.Is(err, market.ErrNotOpenToYou) {
		t.Errorf("kept apart: %v", err)
	}
	if n := w.Count("SELECT count(*) FROM messages"); n != 2 {
		t.Errorf("%d messages", n)
	}
}

func TestALetterSaysNothingOfAnswersWhereNobodyTakesThem(t *testing.T) {
	t.Parallel()
	w, ctx := markettest.New(t), context.Background()
	aoi := w.Company("Aoi")
	yumi := aoi.Alumnus("Takahashi Yumi")
	bid := w.Bid(yumi, aoi.Task("Close the books", 300_000), 280_000)
	_, err := w.Market.WriteMessage(ctx, aoi.Manager, onBid(bid, "Is March early enough?"))
	w.Check(err)
	box := &kept{}
	w.Check(w.Market.SendLetter(ctx, box, "https://home.test", lettersOf(t, w, market.LetterMessage)[0], 1))
	if m := box.mails[0]; m.ReplyTo != "" || strings.Contains(m.Text, "Answer this mail") || strings.Contains(m.Text, "above this line") {
		t.Errorf("%+v", m)
	}
}
