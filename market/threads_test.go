package market_test

import (
	"context"
	"errors"
	"io"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"homecoming/market"
	"homecoming/market/markettest"
)

// onBid is a message about a bid.
func onBid(b market.Bid, body string) market.MessageDraft {
	return market.MessageDraft{Subject: market.Subject{Kind: market.AboutBid, ID: b.ID}, Body: body}
}

// agreed makes a contract of a bid behind billing's back.
func agreed(w *markettest.World, c *markettest.Company, a markettest.Alumnus, b market.Bid) uuid.UUID {
	w.Helper()
	id := uuid.New()
	w.Exec(`INSERT INTO contracts (id, company_id, number, task_id, bid_id, membership_id, person_id, state, title, amount, currency, deliver_on, manager_id, created_at)
		VALUES (?, ?, 1, ?, ?, ?, ?, 'active', 'x', 1, 'JPY', now(), ?, now())`, id, c.ID, b.TaskID, b.ID, a.MembershipID, a.PersonID, c.Manager.PersonID)
	return id
}

func TestWhatOneSideWritesTheOtherReadsOnceInOrder(t *testing.T) {
	t.Parallel()
	w, ctx := markettest.New(t), context.Background()
	aoi := w.Company("Aoi")
	yumi := aoi.Alumnus("Takahashi Yumi")
	bid := w.Bid(yumi, aoi.Task("Close the books", 300_000), 280_000)
	first, err := w.Market.WriteMessage(ctx, yumi.Actor, onBid(bid, " Is *March* early enough?\r\n"))
	w.Check(err)
	second, err := w.Market.WriteMessage(ctx, aoi.Manager, market.MessageDraft{Thread: first.ThreadID, Body: "It is."})
	w.Check(err)
	if first.Number != 1 || second.Number != 2 || first.Side != market.ByAlumnus || second.Side != market.ByCompany || first.Body != "Is *March* early enough?" {
		t.Errorf("%+v\n%+v", first, second)
	}
	for who, unread := range map[*market.Actor]int{&yumi.Actor: 1, &aoi.Manager: 0, &aoi.Administrator: 0, &aoi.Office: 0} {
		if n, err := w.Market.UnreadMessages(ctx, *who); err != nil || n != unread {
			t.Errorf("%s has %d unread, %v", who.Name, n, err)
		}
	}
	w.Check(w.Market.ReadThread(ctx, yumi.Actor, first.ThreadID, 9))
	c, err := w.Market.Thread(ctx, aoi.Manager, first.ThreadID)
	w.Check(err)
	if c.SeenByOthers(aoi.Manager) != 2 || c.Unread() != 0 || c.Title != "Close the books" || c.Person != yumi.Name || c.Latest.Body != "It is." {
		t.Errorf("the manager sees %+v", c)
	}
	list, err := w.Market.Messages(ctx, yumi.Actor, first.ThreadID, 0, 10)
	w.Check(err)
	if len(list) != 2 || list[0].Number != 2 || list[0].Author != aoi.Manager.Name {
		t.Errorf("%+v", list)
	}
	if list, err = w.Market.Messages(ctx, yumi.Actor, first.ThreadID, 2, 10); err != nil || len(list) != 1 || list[0].Number != 1 {
		t.Errorf("before the second: %+v, %v", list, err)
	}
}

// TestWhoSeesAThreadIsSaidAlikeByEveryWay holds single reads, lists, counts, files and the rule itself together, for everybody and
// each kind of thread.
func TestWhoSeesAThreadIsSaidAlikeByEveryWay(t *testing.T) {
	t.Parallel()
	w, ctx := markettest.New(t), context.Background()
	aoi, ben := w.Company("Aoi"), w.Company("Ben")
	yumi, ken := aoi.Alumnus("Takahashi Yumi"), aoi.Alumnus("Sato Ken")
	bid := w.Bid(yumi, aoi.Task("Close the books", 300_000), 280_000)
	w.Bid(ken, aoi.Task("Count the stock", 100_000), 90_000)
	subjects := []market.Subject{{Kind: market.AboutTask, ID: bid.TaskID}, {Kind: market.AboutBid, ID: bid.ID}, {Kind: market.AboutContract, ID: agreed(w, aoi, yumi, bid)}}
	people := map[string]market.Actor{"the alumna": yumi.Actor, "another alumnus": ken.Actor, "administrator": aoi.Administrator, "manager": aoi.Manager,
		"approver": aoi.Approver, "finance": aoi.Finance, "office": aoi.Office, "staff": aoi.Colleague("staff", market.Staff), "ben's administrator": ben.Administrator, "nobody": {}}
	want := map[market.ThreadKind][]string{
		market.AboutTask:     {"administrator", "approver", "finance", "manager", "office", "the alumna"},
		market.AboutBid:      {"administrator", "manager", "the alumna"},
		market.AboutContract: {"administrator", "approver", "finance", "manager", "the alumna"},
	}
	for _, about := range subjects {
		file, err := w.Market.KeepFile(ctx, yumi.Actor, upload("a.txt", "a"))
		w.Check(err)
		m, err := w.Market.WriteMessage(ctx, yumi.Actor, market.MessageDraft{Subject: about, Body: "Hello", Files: []uuid.UUID{file.ID}})
		w.Check(err)
		var see []string
		for name, who := range people {
			c, single := w.Market.Thread(ctx, who, m.ThreadID)
			_, messages := w.Market.Messages(ctx, who, m.ThreadID, 0, 10)
			_, body, opened := w.Market.OpenFile(ctx, who, file.ID)
			if opened == nil {
				_, err := io.Copy(io.Discard, body)
				w.Check(errors.Join(err, body.Close()))
			}
			list, err := w.Market.Threads(ctx, who, market.ThreadFilter{All: true})
			w.Check(err)
			listed := slices.ContainsFunc(list, func(c market.Conversation) bool { return c.ID == m.ThreadID })
			if seen := single == nil; seen != (messages == nil) || seen != (opened == nil) || seen != listed || seen && c.MayRead(who) != nil {
				t.Errorf("%s, %s: read %v, messages %v, file %v, listed %v", about.Kind, name, single, messages, opened, listed)
			}
			if single == nil {
				see = append(see, name)
			} else if !errors.Is(single, market.ErrNotFound) {
				t.Errorf("%s, %s: %v", about.Kind, name, single)
			}
		}
		slices.Sort(see)
		if !slices.Equal(see, want[about.Kind]) {
			t.Errorf("a thread about a %s is seen by %v", about.Kind, see)
		}
	}
}

func TestOnlyThoseWhoRunAThingWriteForTheCompany(t *testing.T) {
	t.Parallel()
	w, ctx := markettest.New(t), context.Background()
	aoi := w.Company("Aoi")
	yumi := aoi.Alumnus("Takahashi Yumi")
	bid := w.Bid(yumi, aoi.Task("Close the books", 300_000), 280_000)
	about := market.Subject{Kind: market.AboutContract, ID: agreed(w, aoi, yumi, bid)}
	for name, c := range map[string]struct {
		who  market.Actor
		want error
	}{"finance": {aoi.Finance, market.ErrForbidden}, "manager": {aoi.Manager, nil}, "the alumna": {yumi.Actor, nil}} {
		if _, err := w.Market.WriteMessage(ctx, c.who, market.MessageDraft{Subject: about, Body: "Hello"}); !errors.Is(err, c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestAQuestionIsPrivateAndAnswersGoToThoseWhoAskedOrWereAsked(t *testing.T) {
	t.Parallel()
	w, ctx := markettest.New(t), context.Background()
	aoi := w.Company("Aoi")
	yumi, ken := aoi.Alumnus("Takahashi Yumi"), aoi.Alumnus("Sato Ken")
	about := market.Subject{Kind: market.AboutTask, ID: aoi.Task("Close the books", 300_000).ID}
	if _, err := w.Market.WriteMessage(ctx, aoi.Manager, market.MessageDraft{Subject: about, Member: yumi.MembershipID, Body: "Come!"}); !errors.Is(err, market.ErrNobodyAsked) {
		t.Errorf("somebody who has nothing to do with it: %v", err)
	}
	if _, err := w.Market.WriteMessage(ctx, aoi.Manager, market.MessageDraft{Subject: about, Body: "Come!"}); !errors.Is(err, market.ErrRequired) {
		t.Errorf("nobody in particular: %v", err)
	}
	asked, err := w.Market.WriteMessage(ctx, yumi.Actor, market.MessageDraft{Subject: about, Body: "Which system?"})
	w.Check(err)
	again, err := w.Market.WriteMessage(ctx, aoi.Manager, market.MessageDraft{Subject: about, Member: yumi.MembershipID, Body: "SAP."})
	w.Check(err)
	other, err := w.Market.WriteMessage(ctx, ken.Actor, market.MessageDraft{Subject: about, Body: "Remote?"})
	w.Check(err)
	if again.ThreadID != asked.ThreadID || other.ThreadID == asked.ThreadID {
		t.Errorf("threads %s, %s and %s", asked.ThreadID, again.ThreadID, other.ThreadID)
	}
	list, err := w.Market.Threads(ctx, aoi.Manager, market.ThreadFilter{Task: about.ID})
	if err != nil || len(list) != 2 || list[0].ID != other.ThreadID && list[1].ID != other.ThreadID {
		t.Errorf("the manager has %d, %v", len(list), err)
	}
}

func TestThoseWhoAreKeptApartWriteNoMoreButAboutAContract(t *testing.T) {
	t.Parallel()
	w, ctx := markettest.New(t), context.Background()
	aoi := w.Company("Aoi")
	yumi := aoi.Alumnus("Takahashi Yumi")
	bid := w.Bid(yumi, aoi.Task("Close the books", 300_000), 280_000)
	_, err := w.Market.WriteMessage(ctx, yumi.Actor, onBid(bid, "Hello"))
	w.Check(err)
	contract := market.Subject{Kind: market.AboutContract, ID: agreed(w, aoi, yumi, bid)}
	_, err = w.Market.Block(ctx, yumi.Actor, aoi.ID)
	w.Check(err)
	if _, err := w.Market.WriteMessage(ctx, yumi.Actor, onBid(bid, "Still there?")); !errors.Is(err, market.ErrNotOpenToYou) {
		t.Errorf("the alumna: %v", err)
	}
	if _, err := w.Market.WriteMessage(ctx, aoi.Manager, onBid(bid, "Still there?")); !errors.Is(err, market.ErrBarred) {
		t.Errorf("the manager: %v", err)
	}
	_, err = w.Market.WriteMessage(ctx, aoi.Manager, market.MessageDraft{Subject: contract, Body: "About the delivery"})
	w.Check(err)
}

func TestMessagesAreCheckedAndCountedByTheHour(t *testing.T) {
	t.Parallel()
	w, ctx := markettest.New(t), context.Background()
	aoi := w.Company("Aoi")
	yumi := aoi.Alumnus("Takahashi Yumi")
	bid := w.Bid(yumi, aoi.Task("Close the books", 300_000), 280_000)
	other, err := w.Market.KeepFile(ctx, aoi.Manager, upload("a.txt", "a"))
	w.Check(err)
	for name, c := range map[string]struct {
		d    market.MessageDraft
		want error
	}{"nothing": {onBid(bid, " \x00\n"), market.ErrRequired}, "too long": {onBid(bid, strings.Repeat("あ", 10_001)), market.ErrTooLong},
		"somebody else's file": {market.MessageDraft{Subject: market.Subject{Kind: market.AboutBid, ID: bid.ID}, Files: []uuid.UUID{other.ID}}, market.ErrFileGone}} {
		if _, err := w.Market.WriteMessage(ctx, yumi.Actor, c.d); !errors.Is(err, c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	m, err := w.Market.WriteMessage(ctx, yumi.Actor, onBid(bid, "broken \xff and \x00 text"))
	w.Check(err)
	if m.Number != 1 || m.Body != "broken  and  text" {
		t.Errorf("%+v", m)
	}
	w.Exec("INSERT INTO messages (id, company_id, thread_id, number, author_id, side, body, sent_at) SELECT gen_random_uuid(), ?, ?, n, ?, 'alumnus', 'x', ? FROM generate_series(2, 120) n",
		aoi.ID, m.ThreadID, yumi.PersonID, w.Clock.Now())
	w.Exec("UPDATE threads SET messages = 120 WHERE id = ?", m.ThreadID)
	if _, err := w.Market.WriteMessage(ctx, yumi.Actor, onBid(bid, "One more")); !errors.Is(err, market.ErrMessagesTooOften) {
		t.Errorf("one more: %v", err)
	}
	w.Clock.Advance(61 * time.Minute)
	_, err = w.Market.WriteMessage(ctx, yumi.Actor, onBid(bid, "One more"))
	w.Check(err)
}

func TestManyWritersAtOnceGetNumbersWithoutGaps(t *testing.T) {
	t.Parallel()
	w, ctx := markettest.New(t), context.Background()
	aoi := w.Company("Aoi")
	yumi := aoi.Alumnus("Takahashi Yumi")
	bid := w.Bid(yumi, aoi.Task("Close the books", 300_000), 280_000)
	write := func(who market.Actor) func() error {
		return func() error { _, err := w.Market.WriteMessage(ctx, who, onBid(bid, "Hello")); return err }
	}
	for _, err := range w.Together(write(yumi.Actor), write(aoi.Manager), write(yumi.Actor), write(aoi.Administrator)) {
		w.Check(err)
	}
	if n := w.Count("SELECT count(*) FROM threads t JOIN messages m ON m.thread_id = t.id WHERE t.messages = 4 AND m.number BETWEEN 1 AND 4"); n != 4 {
		t.Errorf("%d messages", n)
	}
}

func TestALetterAboutAMessageGoesToWhomMayReadItAndHasNot(t *testing.T) {
	t.Parallel()
	w, ctx := markettest.New(t), context.Background()
	aoi := w.Company("Aoi")
	yumi := aoi.Alumnus("Takahashi Yumi")
	bid := w.Bid(yumi, aoi.Task("Close the books", 300_000), 280_000)
	m, err := w.Market.WriteMessage(ctx, yumi.Actor, onBid(bid, "Is March early enough?"))
	w.Check(err)
	letters := lettersOf(t, w, market.LetterMessage)
	if len(letters) != 1 || letters[0].PersonID != aoi.Manager.PersonID || letters[0].Path != "/messages/"+m.ThreadID.String() {
		t.Fatalf("%+v", letters)
	}
	send := func() int {
		box := &kept{}
		w.Check(w.Market.SendLetter(ctx, box, "https://home.test", letters[0], 1))
		return len(box.mails)
	}
	if n := send(); n != 1 {
		t.Errorf("%d letters before it was read", n)
	}
	w.Exec("DELETE FROM role_grants WHERE person_id = ?", aoi.Manager.PersonID)
	if n := send(); n != 0 {
		t.Errorf("%d letters to somebody who is no manager any more", n)
	}
	second, err := w.Market.WriteMessage(ctx, yumi.Actor, onBid(bid, "Anybody?"))
	w.Check(err)
	letters = lettersOf(t, w, market.LetterMessage)[1:]
	if len(letters) != 1 || letters[0].PersonID != aoi.Administrator.PersonID {
		t.Fatalf("nobody else can answer, and hear: %+v", letters)
	}
	w.Check(w.Market.ReadThread(ctx, aoi.Administrator, m.ThreadID, second.Number))
	if n := send(); n != 0 {
		t.Errorf("%d letters after it was read", n)
	}
}

func TestASubjectIsReadOrRefused(t *testing.T) {
	t.Parallel()
	id := uuid.New()
	if s, err := market.ParseSubject("bid:" + id.String()); err != nil || s.ID != id || s.String() != "bid:"+id.String() {
		t.Errorf("%v, %v", s, err)
	}
	for _, bad := range []string{"", "bid", "bid:", "bid:x", "milestone:" + id.String(), "bid:" + uuid.Nil.String(), id.String()} {
		if _, err := market.ParseSubject(bad); !errors.Is(err, market.ErrSubject) {
			t.Errorf("%q: %v", bad, err)
		}
	}
}
