/* SPDX-License-Identifier: Apache-2.0 */
#ifndef MPIN_ACCOUNT_TOLD_H
#define MPIN_ACCOUNT_TOLD_H

#include "people/people.h"
#include "web/facts.h"

/* A change of an account has been made, by its event's name: one audit record, and one mail where
 * its owner has a mailbox and the event is one that they should hear of. A mail that cannot be queued
 * is logged; the change stands. */
void account_told(const facts_t *facts, const char *event);

/* The same of a device. */
void account_told_of(const facts_t *facts, const char *event, const identity_t *identity);

#endif
