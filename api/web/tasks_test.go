package web_test

import (
	"net/url"
	"testing"

	"github.com/google/uuid"
)

func taskFields() url.Values {
	return url.Values{"title": {"3月決算の法人税申告書レビュー"}, "brief": {"法人税の申告書を**レビュー**してください。\n\n- 別表四\n- 別表五"},
		"skills[0].skill": {"法人税"}, "skills[0].level": {"2"}, "skills[0].kind": {"must"}, "budget": {"３００，０００"}, "due_on": {"2026-12-18"},
		"withholding_category": {"profession"}, "visibility.kind": {"own_alumni"}}
}

func TestAnIdeaBecomesInvitationsInOnePost(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	aoi := w.Company("Aoi")
	yumi := aoi.Alumnus("高橋 由美")
	manager := w.as(aoi.Manager, "en")

	form := taskFields()
	manager.post("/tasks/preview", form).is(200).says("高橋 由美", `name="invite" value="`+yumi.MembershipID.String()+`" checked`)
	form.Set("do", "invite")
	form.Set("invite", yumi.MembershipID.String())
	path := manager.post("/tasks/new", form).leads("/tasks/")
	manager.get(path).is(200).says("Published, and 1 person invited.", "up to ¥300,000", "<strong>レビュー</strong>", "state good\">Invited")
}

func TestARefusedTaskStaysAsItWasTyped(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	manager := w.as(w.Company("Aoi").Manager, "ja")
	for field, value := range map[string]string{"title": "", "budget": "たくさん", "due_on": "2020-01-01"} {
		form := taskFields()
		form.Set(field, value)
		form.Set("do", "publish")
		manager.post("/tasks/new", form).is(422).says(`href="#f-`+field+`"`, `aria-invalid="true"`, "別表四", "もう一度ご確認ください")
	}
	manager.get("/tasks").is(200).says("案件はまだありません")
}

func TestACompanysOwnSkillIsCalledByItsName(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	aoi := w.Company("Aoi")
	aoi.Alumnus("高橋 由美")
	manager := w.as(aoi.Manager, "ja")
	form := taskFields()
	form.Set("skills[1].skill", "蔵の鍵の扱い")
	form.Set("do", "publish")
	path := manager.post("/tasks/new", form).leads("/tasks/")
	_, err := w.fits.Drain(ctx)
	w.Check(err)
	manager.get(path).is(200).says("蔵の鍵の扱い · ", "法人税 · 実務", "対象1人中の上位1人")
	manager.get(path+"/edit").is(200).says(`value="蔵の鍵の扱い"`, `value="法人税"`)
}

func TestABidInPartsStaysInPartsWhenItIsCountered(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	aoi := w.Company("Aoi")
	yumi := aoi.Alumnus("高橋 由美")
	task := aoi.Task("Close the books", 300_000)
	alumna := w.as(yumi.Actor, "en")
	parts := url.Values{"amount": {"300,000"}, "deliver_on": {"2026-12-16"}, "milestones[0].title": {"Draft"}, "milestones[0].amount": {"100,000"},
		"milestones[2].title": {"Final"}, "milestones[2].amount": {"150,000"}}
	alumna.post("/tasks/"+task.ID.String()+"/bids", parts).is(422).says(`value="Draft"`, `value="150,000"`, "come to ¥250,000")
	parts.Set("milestones[2].amount", "many")
	alumna.post("/tasks/"+task.ID.String()+"/bids", parts).is(422).says("#f-milestones[1].amount")
	parts.Set("milestones[2].amount", "200,000")
	alumna.post("/tasks/"+task.ID.String()+"/bids", parts).leads("/bids")
	bids, err := w.Market.Bids(ctx, aoi.Manager, task.ID, uuid.Nil, 10)
	w.Check(err)
	w.as(aoi.Manager, "en").get("/bids/"+bids[0].ID.String()).is(200).says(`name="milestones[1].title" value="Final"`, `value="200,000"`, "2026-12-16").check("en")
}
