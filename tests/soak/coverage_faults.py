"""For each row of docs/coverage.md a fault that a tired developer would make, and the test of the row that finds it.

`make soak` plants each in a copy of the source (`test_coverage.py`). Where a row names a journey and a quicker test,
the quicker one is taken.
"""

from tests.support.changed_copy import Fault

APPS = "src/butik"
POS = "pos/src"
UNIT = "pos/test"
TILL = f"{UNIT}/deeds/emergency.test.ts"
CHOICE = f"{APPS}/vault/tests/test_choice_and_retention.py"
DASHBOARD = f"{APPS}/portal/tests/test_dashboard.py"
TWO = f"{APPS}/emergency/tests/test_two_persons.py"
EMERGENCY = "tests/journey/test_emergency_pos.py::test_an_emergency_from_the_order_to_the_next_normal_sale"
HOME = f"{APPS}/recovery/tests"

FAULTS: dict[int, Fault] = {
    1: Fault(
        f"{APPS}/sales/rows.py",
        "SALES_TOPIC, store, self._now",
        '"sale", store, self._now',
        f"{APPS}/sales/tests/test_booking.py::test_it_tells_what_happened_once_a_batch",
    ),
    2: Fault(
        f"{APPS}/portal/templates/portal/store_row.html",
        """<a href="{% url 'store_management:store' row.store.pk %}">{{ row.store.name }}</a>""",
        "{{ row.store.name }}",
        f"{DASHBOARD}::test_it_lists_the_stores_and_says_who_sells",
    ),
    3: Fault(
        f"{APPS}/portal/dashboard.py",
        "revenue=figures.days.get(today, Day()),",
        "revenue=Day(),",
        f"{DASHBOARD}::test_it_shows_todays_revenue_beside_last_weeks",
    ),
    6: Fault(
        f"{APPS}/store_management/standing.py",
        "return sum(not pos.is_up for pos in self.poss)",
        "return 0",
        f"{DASHBOARD}::test_poss_are_counted_down_of_total_with_each_ones_latest_sale",
    ),
    7: Fault(
        f"{APPS}/store_management/readings.py",
        "found[store][pos] = max(at, found[store].get(pos, at))",
        "found[store][pos] = at - WEEK",
        f"{DASHBOARD}::test_poss_are_counted_down_of_total_with_each_ones_latest_sale",
    ),
    23: Fault(
        f"{APPS}/staff/guards.py",
        "if not holds(asked.user, right):",
        "if not asked.user.is_active:",
        f"{APPS}/store_management/tests/test_imports.py::test_only_those_who_may_import_do",
    ),
    24: Fault(
        f"{APPS}/staff/rights.py",
        '"SUPPORTER": _ADMINISTRATOR,',
        '"SUPPORTER": frozenset(),',
        f"{APPS}/store_management/tests/test_overview.py::test_support_opens_every_page",
    ),
    87: Fault(
        f"{APPS}/vault/proving.py",
        "            state=State.PROVEN,",
        "            state=State.RECEIVED,",
        f"{APPS}/vault/tests/test_upload_and_prove.py::test_a_backup_is_received_and_proven_and_the_next_answer_says_so",
    ),
    88: Fault(
        f"{APPS}/backups/window.py",
        "return begin + length * (int",
        "return end + length * (int",
        f"{APPS}/backups/tests/test_window.py::test_every_store_has_a_moment_of_its_own_in_the_window_and_keeps_it",
    ),
    89: Fault(
        f"{APPS}/vault/slot.py",
        "if today_of(store, manifest.made_at) != day:",
        "if today_of(store, manifest.made_at) > day:",
        f"{APPS}/vault/tests/test_slot.py::test_only_today_s_are_taken",
    ),
    90: Fault(
        f"{APPS}/vault/retention.py",
        "WEEKS = 3",
        "WEEKS = 2",
        f"{CHOICE}::test_product_and_oracle_agree_over_20000_histories",
    ),
    91: Fault(
        f"{APPS}/vault/retention.py",
        "return [*proven[-1:], *settled[-1:]]",
        "return []",
        f"{CHOICE}::test_nothing_goes_while_an_emergency_is_active_and_never_the_last_one",
    ),
    92: Fault(
        f"{APPS}/vault/sweeping.py",
        "frozen = Freeze.objects.filter(organisation_id=store.organisation_id, chain_id=store.chain_id).exists()",
        "frozen = False",
        f"{APPS}/vault/tests/test_trouble.py::test_the_sweep_deletes_rows_prices_and_files_and_nothing_of_a_frozen_chain",
    ),
    94: Fault(
        f"{POS}/shop/emergency.ts",
        "if (!assignment.backup) return 'NO_BACKUP';",
        "if (!assignment.backup) return null;",
        f"{TILL}::without a backup the device switches and says that it cannot sell",
    ),
    95: Fault(
        f"{APPS}/readiness/actions.py",
        "if not Readiness(is_paired=True, proven_at=proven_at, since=watch.since).is_missing(now):",
        "if proven_at is None:",
        f"{APPS}/readiness/tests/test_deadlines.py::test_one_complaint_a_day_and_store",
    ),
    97: Fault(
        f"{APPS}/emergency/preview.py",
        'Store.objects.filter(**of_chain).order_by("number")',
        'Store.objects.filter(**of_chain).order_by("number")[:1]',
        f"{APPS}/emergency/tests/test_activation.py::test_the_preview_is_what_the_activation_does",
    ),
    98: Fault(
        f"{APPS}/emergency/entering.py",
        "if row.state not in {EmergencyStore.State.SELLING, EmergencyStore.State.RECOVERING}:",
        "if row.choice == EmergencyStore.Choice.EXACT:",
        f"{APPS}/emergency/tests/test_devices.py::test_every_device_is_told_and_enters_once",
    ),
    99: Fault(
        f"{APPS}/staff/second_factor.py",
        "return settings.SECOND_FACTOR_NEEDED and not has_second_factor(person)",
        "return settings.SECOND_FACTOR_NEEDED and not person.is_active",
        f"{APPS}/emergency/tests/test_pages.py::test_nobody_sees_anything_before_the_second_factor",
    ),
    100: Fault(
        f"{APPS}/emergency/support.py",
        "if len(rights) == ASKED and all(rights):",
        "if len(rights) == ASKED:",
        f"{APPS}/emergency/tests/test_support.py::test_wrong_answers_are_counted_for_the_chain_and_block",
    ),
    101: Fault(
        f"{APPS}/emergency/templates/emergency/chain_now.html",
        "{% url 'emergency:activation' chain.pk %}",
        "{% url 'emergency:chain' chain.pk %}",
        f"{TWO}::test_two_persons_activate_from_the_chains_page",
    ),
    102: Fault(
        f"{APPS}/emergency/preview.py",
        "chosen = choose(backups, wanted)",
        "chosen = choose(backups, date.max)",
        f"{APPS}/emergency/tests/test_activation.py::test_the_preview_is_what_the_activation_does",
    ),
    103: Fault(
        f"{APPS}/vault/choice.py",
        "nearest = max(until",
        "nearest = min(until",
        f"{CHOICE}::test_the_day_s_last_one_then_the_nearest_older_then_the_nearest_newer",
    ),
    104: Fault(
        f"{APPS}/vault/choice.py",
        'return Choice("NEWER", min(proven',
        'return Choice("NEWER", max(proven',
        f"{CHOICE}::test_the_day_s_last_one_then_the_nearest_older_then_the_nearest_newer",
    ),
    105: Fault(
        f"{POS}/deeds/emergency.ts",
        "  till.storeLine.abort();\n  // A sale",
        "  // A sale",
        f"{TILL}::no call reaches the store any more: those under way are broken off, and none begins",
    ),
    106: Fault(
        f"{POS}/deeds/emergency.ts",
        "if (!isOwed) clearDropped(till);",
        "",
        f"{TILL}::the sale in progress ends, in words; what was sold before stays",
    ),
    107: Fault(
        f"{APPS}/emergency/entering.py",
        "pos_number=pos.number,",
        "pos_number=pos.number + 1,",
        f"{APPS}/emergency/tests/test_devices.py::test_every_device_is_told_and_enters_once",
    ),
    108: Fault(
        f"{POS}/deeds/emergency.ts",
        "till.connection.value = START;\n    till.prices.value = null;",
        "till.connection.value = START;\n    till.member.value = null;\n    till.prices.value = null;",
        f"{TILL}::the device sells from the backup in its E series, with the same POS, "
        "and every record reaches the emergency cloud in order",
    ),
    109: Fault(
        f"{APPS}/emergency/templates/emergency/what_happens.html",
        "Do not use stationary POSs or self-checkouts meanwhile",
        "Use whatever you have meanwhile",
        f"{TWO}::test_two_persons_activate_from_the_chains_page",
    ),
    110: Fault(
        f"{POS}/shop/emergency.ts",
        "return hasPrices(state) ? null : 'FETCHING';",
        "return 'FETCHING';",
        f"{TILL}::the device sells from the backup in its E series, with the same POS, "
        "and every record reaches the emergency cloud in order",
    ),
    111: Fault(
        f"{POS}/screens/ReceiptsScreen.tsx",
        "if (isAtStore(till)) return <ReceiptSearch />;",
        "if (till.device.value) return <ReceiptSearch />;",
        EMERGENCY,
    ),
    112: Fault(
        f"{POS}/texts/en.ts",
        '"Receipt search and returns are off in the emergency',
        '"Receipt search is off in the emergency',
        EMERGENCY,
    ),
    113: Fault(
        f"{APPS}/emergency/outages.py",
        "for key in bounds.OUTAGES]",
        'for key in bounds.OUTAGES if key != "INTEGRATIONS"]',
        f"{APPS}/emergency/tests/test_pages.py::test_what_does_not_work_meanwhile_is_said_beforehand_and_during_it",
    ),
    114: Fault(
        f"{APPS}/emergency/device_calls.py",
        "organisation_id=device.organisation_id, store_id=device.store_id, sha256=sha256)",
        "organisation_id=device.organisation_id, sha256=sha256)",
        f"{APPS}/emergency/tests/test_devices.py::test_prices_are_the_stores_own_and_signed_by_the_emergency_root_alone",
    ),
    117: Fault(
        f"{APPS}/recovery/actions.py",
        "locked.state, locked.recovered_at, locked.recovered_by = State.RECOVERED, now, actor",
        "locked.recovered_at, locked.recovered_by = now, actor",
        f"{HOME}/test_recovery.py::test_the_whole_way_home",
    ),
    118: Fault(
        f"{APPS}/recovery/rebuilding.py",
        "PosBody(UUID(pos.id), pos.number, pos.name",
        "PosBody(UUID(pos.id), pos.number + 1, pos.name",
        f"{HOME}/test_rebuild.py::test_all_is_there_again",
    ),
    119: Fault(
        f"{APPS}/recovery/actions.py",
        "has_more = bool(prepared.records) and prepared.position < prepared.head",
        "has_more = False",
        f"{HOME}/test_recovery.py::test_the_whole_way_home",
    ),
    120: Fault(
        f"{APPS}/recovery/comparison.py",
        "if theirs.get(name, 0) != ours.get(name, 0)",
        "if abs(theirs.get(name, 0) - ours.get(name, 0)) > 1",
        f"{HOME}/test_recovery.py::test_one_oere_is_shown_and_blocks",
    ),
    121: Fault(
        f"{APPS}/emergency/actions.py",
        "locked.state, locked.recovered_at, locked.totals_sha256 = State.RECOVERED, now, totals_sha256",
        "locked.recovered_at, locked.totals_sha256 = now, totals_sha256",
        f"{APPS}/emergency/tests/test_recovery.py::test_it_ends_when_the_totals_are_equal_and_not_before",
    ),
    122: Fault(
        f"{APPS}/recovery/standing.py",
        "return int((self.end - self.begin).total_seconds() // 60) if self.begin and self.end else None",
        "return None",
        f"{HOME}/test_pages.py::test_the_gap_ends_with_the_first_normal_sale",
    ),
    123: Fault(
        f"{APPS}/sync/store_bodies.py",
        "latest_series=min(pos.series, LATEST_SERIES),",
        "latest_series=0,",
        f"{HOME}/test_rebuild.py::test_learned_from_the_chain",
    ),
    146: Fault(
        f"{APPS}/articles/models.py",
        "return self.filter(search_text__gte=folded, search_text__lt=folded + HIGHEST)",
        "return self.filter(search_text=folded)",
        f"{APPS}/store_management/tests/test_articles.py::test_it_finds_by_the_beginning_of_text_number_or_barcode",
    ),
    147: Fault(
        f"{APPS}/articles/rows.py",
        'return whole_words.rstrip(" ,;-/")',
        "return text",
        f"{APPS}/articles/tests/test_import_a_file.py::"
        "test_a_long_name_is_kept_and_shortened_at_a_word_for_the_receipt",
    ),
    148: Fault(
        f"{APPS}/articles/lookup.py",
        "a.linked_number, a.is_blocked, a.version, b.quantity_milli",
        "a.linked_number, a.is_blocked, a.version, 1000",
        f"{APPS}/articles/tests/test_look_up.py::test_it_is_found_by_barcode_or_number",
    ),
    149: Fault(
        f"{APPS}/pricing/engine.py",
        "vat = included_vat(gross, rate)",
        "vat = included_vat(gross, 2500)",
        f"{APPS}/pricing/tests/test_engine.py::test_a_sale_costs_what_its_vector_says",
    ),
    154: Fault(
        f"{POS}/shop/basket.ts",
        "if (article.blocked) return { kind: 'BLOCKED', text: article.text };",
        "",
        f"{UNIT}/shop/basket.test.ts::refuses what is blocked, unknown, misread or absurd, and stays as it was",
    ),
    155: Fault(
        f"{POS}/shop/basket.ts",
        "if (article.ageLimit > basket.ageChecked) return",
        "if (article.ageLimit > 99) return",
        f"{UNIT}/shop/basket.test.ts::asks for the age once in a sale",
    ),
    156: Fault(
        f"{POS}/shop/basket.ts",
        "lines.push(newLine(nextId++, article, scan.quantity, '', null, line.id));",
        "nextId++;",
        f"{UNIT}/shop/basket.test.ts::brings deposits along: they follow the quantity and go with their line",
    ),
    172: Fault(
        f"{APPS}/staff/actions.py",
        "found.pin, found.pin_version, found.blocked_at = dict(pin), next_version(found.pin_version, now), None",
        "found.pin, found.pin_version = dict(pin), found.pin_version + 1",
        f"{APPS}/staff/tests/test_acts.py::test_a_new_pin_unblocks_too",
    ),
    173: Fault(
        f"{POS}/deeds/sign-in.ts",
        "if (!counted) return blocked(till, member);",
        "if (!counted) return { kind: 'WRONG', left: 1 };",
        f"{UNIT}/deeds/device.test.ts::is refused after ten wrong PINs, also over a restart, until there is a new PIN",
    ),
    178: Fault(
        f"{APPS}/store_management/forms.py",
        'name = TextField(label=_("Name"), max_length=32, help_text=_("As people call it',
        'name = TextField(label=_("Name"), max_length=64, help_text=_("As people call it',
        f"{APPS}/store_management/tests/test_poss.py::test_it_says_what_is_wrong_with_a_pos",
    ),
    185: Fault(
        f"{APPS}/store_management/receipt_search.py",
        'return said["since"], said["until"]',
        "return None, None",
        f"{APPS}/store_management/tests/test_receipts.py::test_it_looks_on_other_days",
    ),
    186: Fault(
        f"{APPS}/store_management/templates/store_management/receipt.html",
        '<code class="clip">{{ trail.hash }}</code>',
        "",
        f"{APPS}/store_management/tests/test_receipts.py::test_a_receipt_shows_the_technical_log_and_what_the_customer_saw",
    ),
    191: Fault(
        f"{POS}/shop/price-list.ts",
        "const found = this.findExact(code);\n    if (found) return found;\n    const ean",
        "const ean",
        f"{UNIT}/shop/articles.test.ts::finds by barcode of any length, by code, by number and by label",
    ),
    192: Fault(
        f"{POS}/shop/basket.ts",
        "return keyed === null ? counted : lineAmount(counted, keyed);",
        "return counted;",
        f"{UNIT}/shop/basket.test.ts::gives each plain scan a line of its own, and a keyed quantity one line",
    ),
    193: Fault(
        f"{POS}/shop/basket.ts",
        "return unit === 'KG' ? measure.grams :",
        "return unit === 'KG' ? measure.grams * 10 :",
        f"{UNIT}/shop/basket.test.ts::asks for the weight, and takes it from a label",
    ),
    194: Fault(
        f"{POS}/shop/basket.ts",
        "if (typeof hit === 'string') return { kind: hit, code: scan.code };",
        "if (typeof hit === 'string') return { kind: 'MISREAD', code: scan.code };",
        f"{UNIT}/shop/basket.test.ts::refuses what is blocked, unknown, misread or absurd, and stays as it was",
    ),
    196: Fault(
        f"{POS}/shop/basket.ts",
        "one.id !== root && one.linkedTo !== root);",
        "one.id !== root);",
        f"{UNIT}/shop/basket.test.ts::brings deposits along: they follow the quantity and go with their line",
    ),
    200: Fault(
        f"{POS}/shop/sale.ts",
        "const left = total - payments.reduce((sum, payment) => sum + payment.amount, 0);",
        "const left = total - (payments.at(-1)?.amount ?? 0);",
        f"{UNIT}/shop/sale.test.ts::goes on when cash does not reach, and a card pays the exact rest",
    ),
    201: Fault(
        f"{POS}/shop/sale.ts",
        "const cash = roundToCoin(left, coin);",
        "const cash = left;",
        f"{UNIT}/shop/sale.test.ts::is settled when a half coin was rounded up, and not when one is left",
    ),
    203: Fault(
        f"{APPS}/sales/actions.py",
        "return count_copies(sale)",
        "return 1",
        f"{APPS}/pos_api/tests/test_receipts.py::test_it_shows_a_receipt_as_it_was_signed_and_counts_its_copies",
    ),
    204: Fault(
        f"{POS}/deeds/ring-up.ts",
        "if (till.trouble.value || till.question.value) return refuse(till);",
        "if (till.question.value) return refuse(till);",
        f"{UNIT}/deeds/device.test.ts::stays until it is cleared, and the basket is safe meanwhile",
    ),
    216: Fault(
        f"{POS}/deeds/sign-in.ts",
        "if (await isRightPin(member, pin)) {",
        "if (member) {",
        f"{UNIT}/deeds/device.test.ts::is refused after ten wrong PINs, also over a restart, until there is a new PIN",
    ),
    217: Fault(
        f"{POS}/deeds/pay.ts",
        "  if (card.state === 'APPROVED') {",
        "  if (card.state === 'CREATED') {",
        f"{UNIT}/deeds/card.test.ts::pays, with the reference of the terminal",
    ),
    221: Fault(
        f"{APPS}/organisation/actions.py",
        "    if claimed.filter(pk=found.pk).update(used_at=now) != 1:",
        "    if not claimed.filter(pk=found.pk).exists():",
        f"{APPS}/pos_api/tests/test_enrol.py::test_it_takes_a_code_once",
    ),
    228: Fault(
        f"{APPS}/sync/store_bodies.py",
        "        if keep_pos(msgspec.structs.replace(said, series=0), store):",
        "        if not said:",
        f"{APPS}/sync/tests/test_push.py::test_it_takes_a_pos_that_was_made_at_the_store",
    ),
    229: Fault(
        f"{APPS}/error_log/views.py",
        'rows = ErrorEntry.objects.visible_to(request.user).select_related("store").defer("detail")',
        'rows = ErrorEntry.objects.visible_to(request.user).filter(store=None).select_related("store")',
        f"{APPS}/error_log/tests/test_pages.py::test_a_chain_sees_the_logs_of_all_its_stores",
    ),
    232: Fault(
        f"{POS}/deeds/start.ts",
        "till.staff.value = staff ?? (await readStaffList(database)) ?? null;",
        "till.staff.value = staff ?? null;",
        f"{UNIT}/deeds/device.test.ts::works without a network after a cold start, "
        "with the prices and the unsent sales",
    ),
    233: Fault(
        f"{APPS}/sync/standing_alone.py",
        "for number in range(1, founding.poss + 1):",
        "for number in range(1, founding.poss):",
        f"{APPS}/sync/tests/test_stand_alone.py::test_a_store_that_stands_alone_sells",
    ),
}
