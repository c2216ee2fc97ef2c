package billing

import (
	"strings"

	"homecoming/internal/problem"
)

// japanese is what the tables call things, as people read it.
var japanese = map[string]string{
	"contract": "契約", "milestone": "マイルストーン", "operation": "手続き", "payout": "振込",
	"active": "進行中", "paused": "一時停止", "completed": "完了", "terminated": "終了",
	"draft": "未入金", "part_funded": "一部入金済み", "funding": "支払い手続き中", "funded": "入金済み", "in_progress": "作業中", "submitted": "納品済み",
	"changes_requested": "修正依頼中", "accepted": "検収済み", "releasing": "支払手続き中", "released": "振込待ち", "paid": "支払済み",
	"payout_failed": "振込不能", "refunding": "返金手続き中", "refunded": "返金済み", "canceled": "取消",
	"charged_back": "チャージバック", "reversed": "送金取消済み",
	"bank_transfer": "銀行振込", "waiting": "入金待ち", "part_paid": "一部入金", "canceling": "取消中", "refused": "拒否",
	"sweep": "収益の引出し", "proposed": "承認待ち", "rejected": "拒否", "in_transit": "送金中",
	"refund": "返金", "approval": "承認", "chargeback": "チャージバック", "dispute": "異議", "account": "受取口座",
	"asked": "承認待ち", "approved": "承認済み", "declined": "却下", "withdrawn": "取下げ",
	"sending": "送信中", "pending": "処理中", "succeeded": "完了", "failed": "失敗", "by_hand": "銀行振込済み", "overtaken": "充当済み",
	"inquiry": "照会中", "needs_response": "要回答", "under_review": "審査中", "won": "勝訴", "lost": "敗訴", "inquiry_closed": "照会終了",
	"change": "契約変更", "offered": "回答待ち", "signed": "署名済み", "in_force": "適用中", "countered": "再提示", "expired": "期限切れ", "lapsed": "失効",
	"open": "協議中", "for_ruling": "裁定待ち", "proposed_ruling": "裁定の確認待ち", "agreed": "合意済み", "ruled": "裁定済み",
	"pay run": "支払依頼", "payment": "支払い", "filed": "振込データ作成済み", "sent": "送信済み", "confirmed": "支払確認済み",
	"partly_returned": "一部不能", "recalled": "取消", "bank statement": "入出金明細", "uploaded": "確認待ち", "imported": "取込済み", "discarded": "取消",
}

// word says a noun or a state of the tables in the reader's language; one without a Japanese word keeps its own.
func word(code string) problem.Word {
	w := problem.Word{EN: strings.ReplaceAll(code, "_", " "), JA: japanese[code]}
	if w.JA == "" {
		w.JA = w.EN
	}
	return w
}
