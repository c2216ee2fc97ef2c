package web_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"testing"

	"github.com/google/uuid"
)

func TestAWebhookIsMadeTriedAndRead(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	aoi := w.Company("Aoi")
	heard := make(chan string, 9)
	at := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { heard <- r.Header.Get("webhook-signature") }))
	t.Cleanup(at.Close)
	for lang, says := range map[string]string{"en": "Addresses that are told", "ja": "通知先"} {
		w.as(aoi.Administrator, lang).get("/settings/webhooks").is(http.StatusOK).says(says).check(lang)
	}
	b := w.as(aoi.Administrator, "en")
	b.post("/settings/webhooks", url.Values{"url": {at.URL}}).is(http.StatusUnprocessableEntity).says("Choose at least one thing")
	page := b.post("/settings/webhooks", url.Values{"url": {at.URL}, "note": {"ERP"}, "about": {"task"}}).is(http.StatusOK).says("whsec_", "ERP")
	id := regexp.MustCompile(`/settings/webhooks/([0-9a-f-]{36})`).FindStringSubmatch(page.body)[1]
	aoi.Task("Close the books", 300_000)
	for _, d := range w.waitingDeliveries(id) {
		if _, err := w.Market.Deliver(ctx, d); err != nil {
			t.Fatal(err)
		}
		if signature := <-heard; signature == "" {
			t.Error("a call is not signed")
		}
	}
	b.get("/settings/webhooks/"+id).is(http.StatusOK).says("task.post", "task.publish", "Delivered").check("en")
	b.get("/settings/webhooks/" + id + "?state=failed").is(http.StatusOK).says("Nothing here")
	for _, do := range []string{"try", "paused", "on"} {
		b.post("/settings/webhooks/"+id+"/do", url.Values{"do": {do}}).is(http.StatusSeeOther)
	}
	b.post("/settings/webhooks/"+id+"/do", url.Values{"do": {"rotate"}}).is(http.StatusOK).says("whsec_", "The old secret signs too")
	b.post("/settings/webhooks/"+id+"/do", url.Values{"do": {"remove"}}).is(http.StatusSeeOther)
	b.get("/settings/webhooks/" + id).is(http.StatusNotFound)
	w.as(aoi.Manager, "en").get("/settings/webhooks").is(http.StatusForbidden)
}

func (w *world) waitingDeliveries(webhook string) (ids []uuid.UUID) {
	w.Helper()
	w.Check(w.DB.Gorm(ctx).Raw("SELECT id FROM webhook_deliveries WHERE webhook_id = ? AND state = 'waiting'", webhook).Scan(&ids).Error)
	return ids
}
