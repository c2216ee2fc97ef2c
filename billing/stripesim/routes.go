package stripesim

import "net/http"

// routes is everything the stand-in serves, on one screen.
func (s *Server) routes() http.Handler {
	mux := http.NewServeMux()
	for pattern, h := range map[string]handler{
		"GET /v1/account":                                        getOwnAccount,
		"GET /v1/accounts":                                       listAccounts,
		"POST /v1/accounts":                                      createAccount,
		"GET /v1/accounts/{id}":                                  getAccount,
		"POST /v1/accounts/{id}":                                 updateAccount,
		"GET /v1/accounts/{id}/capabilities":                     listCapabilities,
		"GET /v1/accounts/{id}/capabilities/{sub}":               getCapability,
		"POST /v1/account_links":                                 createAccountLink,
		"GET /v1/balance":                                        getBalance,
		"GET /v1/balance_transactions":                           listBalanceTransactions,
		"GET /v1/balance_transactions/{id}":                      getBalanceTransaction,
		"GET /v1/charges":                                        listCharges,
		"GET /v1/charges/{id}":                                   getCharge,
		"POST /v1/charges/{id}":                                  updateCharge,
		"GET /v1/checkout/sessions":                              listSessions,
		"POST /v1/checkout/sessions":                             createSession,
		"GET /v1/checkout/sessions/{id}":                         getSession,
		"POST /v1/checkout/sessions/{id}/expire":                 expireSession,
		"GET /v1/checkout/sessions/{id}/line_items":              listSessionItems,
		"GET /v1/customers":                                      listCustomers,
		"POST /v1/customers":                                     createCustomer,
		"GET /v1/customers/{id}":                                 getCustomer,
		"POST /v1/customers/{id}":                                updateCustomer,
		"GET /v1/customers/{id}/cash_balance":                    getCashBalance,
		"POST /v1/customers/{id}/cash_balance":                   updateCashBalance,
		"GET /v1/customers/{id}/cash_balance_transactions":       listCash,
		"GET /v1/customers/{id}/cash_balance_transactions/{sub}": getCash,
		"POST /v1/customers/{id}/funding_instructions":           fundingInstructions,
		"GET /v1/customers/{id}/payment_methods":                 listCustomersMethods,
		"POST /v1/test_helpers/customers/{id}/fund_cash_balance": fundCash,
		"GET /v1/payment_methods":                                listMethods,
		"GET /v1/payment_methods/{id}":                           getMethod,
		"POST /v1/payment_methods/{id}/detach":                   detachMethod,
		"POST /v1/payment_intents":                               createIntent,
		"POST /v1/payment_intents/{id}/apply_customer_balance":   applyCash,
		"GET /v1/disputes":                                       listDisputes,
		"GET /v1/disputes/{id}":                                  getDispute,
		"POST /v1/disputes/{id}":                                 updateDispute,
		"POST /v1/disputes/{id}/close":                           closeDispute,
		"GET /v1/events":                                         listEvents,
		"GET /v1/events/{id}":                                    getEvent,
		"GET /v1/payment_intents":                                listIntents,
		"GET /v1/payment_intents/{id}":                           getIntent,
		"POST /v1/payment_intents/{id}":                          updateIntent,
		"POST /v1/payment_intents/{id}/cancel":                   cancelIntent,
		"GET /v1/payouts":                                        listPayouts,
		"POST /v1/payouts":                                       createPayout,
		"GET /v1/payouts/{id}":                                   getPayout,
		"POST /v1/payouts/{id}":                                  updatePayout,
		"POST /v1/payouts/{id}/cancel":                           cancelPayout,
		"GET /v1/refunds":                                        listRefunds,
		"POST /v1/refunds":                                       createRefund,
		"GET /v1/refunds/{id}":                                   getRefund,
		"POST /v1/refunds/{id}":                                  updateRefund,
		"GET /v1/topups":                                         listTopups,
		"POST /v1/topups":                                        createTopup,
		"GET /v1/topups/{id}":                                    getTopup,
		"GET /v1/transfers":                                      listTransfers,
		"POST /v1/transfers":                                     createTransfer,
		"GET /v1/transfers/{id}":                                 getTransfer,
		"POST /v1/transfers/{id}":                                updateTransfer,
		"GET /v1/transfers/{id}/reversals":                       listReversals,
		"POST /v1/transfers/{id}/reversals":                      createReversal,
		"GET /v1/transfers/{id}/reversals/{sub}":                 getReversal,
	} {
		mux.HandleFunc(pattern, s.api(h))
	}
	mux.HandleFunc("/v1/", s.api(unrecognized))
	s.pageRoutes(mux)
	return mux
}

func unrecognized(*call) (any, error) {
	return nil, &apiError{Status: http.StatusNotFound, Type: "invalid_request_error", unstored: true,
		Message: "Unrecognized request URL on the stand-in. Its README lists what it knows."}
}
