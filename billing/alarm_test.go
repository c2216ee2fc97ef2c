package billing_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"homecoming/billing"
)

// days lets days pass, the alarms going off three times on each, and the people's money standing still.
func (w *world) days(n int) {
	w.Helper()
	for range 3 * n {
		w.Clock.Advance(8 * time.Hour)
		_, err := w.billing.Alarm(ctx)
		w.Check(err)
	}
}

// written lists the letters of a kind to somebody: the days that each is about.
func (w *world) written(kind string, to uuid.UUID) string {
	w.Helper()
	var days []string
	w.Check(w.DB.Gorm(ctx).Raw("SELECT coalesce(args->'facts'->>'days', '') FROM river_job WHERE kind = 'market.letter' AND args->>'letter' = ? AND args->>'person_id' = ? ORDER BY id", kind, to.String()).Scan(&days).Error)
	return strings.Join(days, " ")
}

func TestBeforeSilenceAcceptsTheManagerIsRemindedOnceADayThatMatters(t *testing.T) {
	w := newWorld(t)
	m := w.contract()(100_000).Milestones[0]
	w.fund(m)
	w.deliver(m)
	w.days(m.AutoAcceptDays)
	if got := w.written("reminder", w.aoi.Manager.PersonID); got != "7 3 1 0" {
		t.Errorf("reminded with so many days left: %q", got)
	}
	w.wantState(m, billing.MilestoneSubmitted)
	w.days(1)
	if n, err := w.billing.AutoAccept(ctx); n != 1 || err != nil {
		t.Errorf("silence accepted %d: %v", n, err)
	}
	w.days(3)
	if got := w.written("reminder", w.aoi.Manager.PersonID); got != "7 3 1 0" {
		t.Errorf("afterwards: %q", got)
	}
}

func TestAnotherDeliveryIsRemindedOfAnew(t *testing.T) {
	w := newWorld(t)
	m := w.contract()(100_000).Milestones[0]
	w.fund(m)
	w.deliver(m)
	w.days(10)
	_, err := w.billing.RequestChanges(ctx, w.aoi.Manager, m.ID, billing.NotAsAgreed, "Almost.")
	w.Check(err)
	w.days(5)
	w.deliver(m)
	w.days(m.AutoAcceptDays - 5)
	if got := w.written("reminder", w.aoi.Manager.PersonID); got != "7 7" {
		t.Errorf("reminded with so many days left: %q", got)
	}
}

func TestWhoWasNotRemindedInTimeGetsTheLatestLetterAlone(t *testing.T) {
	w := newWorld(t)
	m := w.contract()(100_000).Milestones[0]
	w.fund(m)
	w.deliver(m)
	w.Clock.Advance(time.Duration(m.AutoAcceptDays-1) * 24 * time.Hour) // nobody worked the queue
	w.days(0)
	_, err := w.billing.Alarm(ctx)
	w.Check(err)
	if got := w.written("reminder", w.aoi.Manager.PersonID); got != "1" {
		t.Errorf("reminded with so many days left: %q", got)
	}
}

func TestMoneyHeldForLongRaisesAlarmsAndGoesBackOnDay90(t *testing.T) {
	w := newWorld(t)
	ms := w.contract()(100_000, 50_000).Milestones
	m := ms[0]
	w.fund(m)
	w.days(89)
	w.fund(ms[1]) // Stripe keeps its fee of the first: without other money a refund would wait
	for _, who := range []uuid.UUID{w.aoi.Manager.PersonID, w.aoi.Finance.PersonID} {
		if got := w.written("holding", who); got != "60 75 85" {
			t.Errorf("alarms on days %q", got)
		}
	}
	w.wantState(m, billing.MilestoneFunded)
	o, err := w.billing.MoneyOverview(ctx, w.aoi.Finance, w.aoi.ID)
	w.Check(err)
	if o.HeldOver60 != 1 || o.OldestHeldDay < 88 {
		t.Errorf("the finance page shows %d held for long, the oldest for %d days", o.HeldOver60, o.OldestHeldDay)
	}
	w.days(2)
	w.drain()
	w.payday()
	w.drain()
	w.wantState(m, billing.MilestoneRefunded)
	if got := w.written("holding", w.aoi.Finance.PersonID); got != "60 75 85 90" {
		t.Errorf("alarms on days %q", got)
	}
}

func TestDeliveredWorkIsNotGivenBackOnDay90(t *testing.T) {
	w := newWorld(t)
	m := w.contract()(100_000).Milestones[0]
	w.fund(m)
	w.deliver(m)
	_, err := w.billing.RequestChanges(ctx, w.aoi.Manager, m.ID, billing.NotAsAgreed, "Not yet.")
	w.Check(err)
	w.days(95)
	w.drain()
	w.wantState(m, billing.MilestoneChangesRequested)
	if got := w.written("holding", w.yumi.PersonID); got != "90" {
		t.Errorf("the alumna was told on days %q", got)
	}
}

func TestTheLegalDueDayIsAnnounced(t *testing.T) {
	w := newWorld(t)
	m := w.contract()(100_000).Milestones[0]
	w.fund(m)
	w.deliver(m)
	_, err := w.billing.RequestChanges(ctx, w.aoi.Manager, m.ID, billing.NotAsAgreed, "Not yet.")
	w.Check(err)
	w.days(m.PaymentDays + 1)
	if got := w.written("pay_by", w.aoi.Finance.PersonID); got != "14 7 3 1 0 -1" {
		t.Errorf("announced so many days before: %q", got)
	}
}
