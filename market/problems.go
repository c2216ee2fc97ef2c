package market

import "homecoming/internal/problem"

// What can go wrong, for people. Problems of one noun stand in its file; these are everybody's.
var (
	ErrNotFound = problem.Define(problem.NotFound, "not_found",
		"There is nothing here under that name. Check the address, or ask whoever sent it to you.",
		"お探しのものは見つかりません。アドレスを確かめるか、送り主にお尋ねください。")
	ErrForbidden = problem.Define(problem.Forbidden, "forbidden",
		"Your role does not allow this ({action}). Ask your company's administrator for it.",
		"この操作（{action}）は現在の権限ではできません。会社の管理者にご相談ください。")
	ErrRequired = problem.Define(problem.Invalid, "required",
		"This is needed. Fill it in and send again.", "必須項目です。入力して、もう一度送信してください。")
	ErrTooLong = problem.Define(problem.Invalid, "too_long",
		"This is too long: at most {max} characters.", "長すぎます。{max}文字以内にしてください。")
	ErrNotOneOf = problem.Define(problem.Invalid, "not_one_of",
		"“{value}” is not one of: {allowed}.", "「{value}」は選べません。次のいずれかにしてください：{allowed}")
	ErrPastDate = problem.Define(problem.Invalid, "past_date",
		"{date} has passed. Choose today or a later day.", "{date}は過ぎています。本日以降の日付にしてください。")
	ErrAmountNotPositive = problem.Define(problem.Invalid, "amount_not_positive",
		"An amount must be more than zero.", "金額は0より大きくしてください。")
	ErrAmountTooLarge = problem.Define(problem.Invalid, "amount_too_large",
		"This amount is over the largest we take ({max}).", "取り扱える上限（{max}）を超えています。")
	ErrWrongCurrency = problem.Define(problem.Invalid, "wrong_currency",
		"This company works in {currency}.", "この会社の通貨は{currency}です。")
	ErrStaleVersion = problem.Define(problem.Conflict, "stale_version",
		"Somebody changed this in the meantime. Look at the present version and decide again.",
		"その間に内容が更新されました。最新の内容を確認して、もう一度お選びください。")
)
