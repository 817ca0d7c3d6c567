/** Every text of the POS in English. The Danish file must have the same keys: TypeScript sees to it. */
import type { OUTAGES } from '../shop/bounds';
import type { Unit } from '../shop/documents';
import type { RefusalCode } from '../wire/trust';

const sales = (count: number) => (count === 1 ? '1 sale waits' : `${count} sales wait`);

/** A length of time, to the part that matters. */
function timespan(milliseconds: number): string {
  if (Math.abs(milliseconds) < 60_000) return `${Math.round(Math.abs(milliseconds) / 1000)} s`;
  const minutes = Math.round(Math.abs(milliseconds) / 60_000);
  if (minutes < 120) return `${minutes} min`;
  if (minutes < 48 * 60) return `${Math.round(minutes / 60)} hours`;
  return `${Math.round(minutes / 1440)} days`;
}

const orderRefusals: Record<RefusalCode, string> = {
  BAD_SIGNATURE: 'it is not signed by the emergency cloud that this device knows',
  WRONG_STORE: 'it is for somebody else',
  OLDER_VERSION: 'a newer one has been seen',
  EXPIRED: 'it has expired',
  BAD_HASH: 'it was damaged on the way',
  OTHER_ROOT: 'it is by another emergency cloud',
  UNREADABLE: 'it cannot be read',
};

const refusals: Record<RefusalCode, string> = {
  BAD_SIGNATURE: 'it is not signed by this store',
  WRONG_STORE: 'it belongs to another store',
  OLDER_VERSION: 'it is older than the one in use',
  EXPIRED: 'it has expired',
  BAD_HASH: 'it was damaged on the way',
  OTHER_ROOT: 'it names another emergency cloud than the one that this device knows',
  UNREADABLE: 'it cannot be read',
};

export const en = {
  locale: 'en-GB',
  name: 'Butik POS',
  back: 'Back',
  cancel: 'Cancel',
  close: 'Close',

  // The line
  online: 'online',
  offline: 'offline',
  offlineWaiting: (count: number) => `offline, ${sales(count)}`,
  onlineWaiting: (count: number) => sales(count),
  revoked: 'blocked by the store',

  // Enrolment
  enrolTitle: 'Connect this device to a store',
  enrolHelp: 'Ask for a code on the pages of the store, under POSs. It works once, for 15 minutes.',
  enrolAddress: "The store's address",
  enrolCode: 'Code',
  enrolName: "This device's name",
  enrolNameExample: 'Till 1 tablet',
  enrolDo: 'Connect',
  enrolBusy: 'Connecting…',
  enrolScan: 'Scan a QR code with the camera',
  enrolTyped: 'A typed code trusts the address that you typed. Make sure that it is right; a QR code checks it by itself.',
  enrolByQr: 'From the QR code. The store must prove that it is the right one.',
  enrolNoAnswer:
    'The store does not answer. Check the address and the network. If the browser asked whether this page may reach devices on the local network, allow it in the site settings and try again.',
  enrolNetworkDenied:
    'The browser does not let this page reach the local network, so it cannot reach the store. Allow "Local network access" for this page in the site settings and try again.',
  enrolBadCode: 'The code is wrong, used or older than 15 minutes. Ask for a new one.',
  enrolBadAddress: 'This is not an address.',
  enrolRefused: (code: RefusalCode) => `The store's answer is not to be trusted: ${refusals[code]}. Nothing was connected.`,
  enrolStorage:
    'This browser does not promise to keep what is stored here. Unsent sales could be lost when space runs out. Install the app or use a managed device; or go on knowing that.',
  enrolStorageAccept: 'I know that unsent sales can be lost on this device',
  enrolFailed: (detail: string) => `That did not work: ${detail}`,

  // Sign-in
  signInTitle: 'Sign in',
  staffNumber: 'Staff ID',
  pin: 'PIN',
  signIn: 'Sign in',
  signOut: 'Sign out',
  wrongPin: (left: number | null) =>
    left === null || left > 5 ? 'Wrong staff ID or PIN.' : `Wrong PIN. ${left} ${left === 1 ? 'try' : 'tries'} left.`,
  noPin: 'A PIN has 4 to 8 digits. This cost no try.',
  pinBlocked: 'This PIN is blocked after ten wrong tries. A manager can open it.',
  noStaff: 'The list of staff has not come from the store yet. It comes by itself when there is a line.',

  // Sale
  journal: 'Journal',
  emptyJournal: 'Scan the first article',
  ready: 'Ready',
  total: 'Total',
  lines: (count: number) => (count === 1 ? '1 line' : `${count} lines`),
  pay: 'Pay',
  entry: 'Entered',
  keypad: 'Keypad',
  clear: 'Clear',
  erase: 'Erase',
  times: 'Quantity',
  add: 'Add',
  search: 'Search',
  searchArticles: 'Search articles',
  searchHint: 'Name or number',
  noHits: 'No article with these words.',
  deleteLine: 'Delete line',
  deleteLast: 'Delete last line',
  fewer: 'One less',
  more: 'One more',
  menu: 'Menu',
  cancelSale: 'Cancel sale',
  cancelSaleAsk: (lines: number) => `Delete the whole sale of ${lines === 1 ? '1 line' : `${lines} lines`}?`,
  scanned: (text: string, amount: string) => `${text}, ${amount}`,
  unknownArticle: (code: string) => `Not found: ${code}. Press C, then scan again or search.`,
  misread: (code: string) => `Misread: ${code}. Press C and scan again.`,
  blockedArticle: (text: string) => `${text} may not be sold. Press C and put it aside.`,
  notGoods: 'That code stands for no article. Press C and scan the barcode of the goods.',
  byThePiece: (text: string) => `${text} is sold by the piece: a weight or part of one cannot be sold. Press C.`,
  otherUnit: (text: string) => `${text} is sold by another measure than this label has. Press C and enter how much it is.`,
  emptyLabel: (text: string) => `The label on ${text} says 0. Press C and have it weighed again.`,
  foreignPrice: (text: string) => `The price on ${text} is in another currency. Press C.`,
  badAmount: 'That is not an amount. Press C and try again.',
  partPaid: 'Part of this sale is paid: it can grow, not shrink. Press C.',
  strayCode: 'A code was scanned. It does nothing here.',
  badQuantity: 'That quantity is not possible. Press C and try again.',
  saleFull: 'This sale is full. Press C, take payment, and go on in a new sale.',
  closing: 'This device is being disconnected. Finish that under Settings. Press C.',
  noPrices: 'There is no price file on this device yet. It comes by itself when there is a line. Press C.',
  deviceRevoked: 'This device is blocked by the store: it may not sell. What it has sold is still sent. Press C.',
  cardDeclined: 'The card was not charged. Press C and choose another way to pay.',
  diskFull: 'This device is full. Free some space, press C and finish the sale; it is still here and is not paid twice.',
  startFailed: (detail: string) => `The app could not start: ${detail}. Load it again; unsent sales are safe.`,
  failed: (detail: string) => `That did not work: ${detail}. Press C; the sale is still here.`,
  askAge: (years: number) => `Is the customer at least ${years} years old?`,
  oldEnough: (years: number) => `Yes, ${years} or older`,
  tooYoung: 'No, leave it out',
  ownClockOff: (off: number) =>
    `This device's clock is ${timespan(off)} ${off > 0 ? 'fast' : 'slow'}. Receipts have the store's time; set the clock when you can.`,
  clockUnknown: (known: string) =>
    `This device's clock is wrong. Until the store answers, receipts have the last time that is known: ${known}.`,
  serviceClockWrong: (says: string) =>
    `The store's own clock says ${says}, which cannot be right: tell the manager. Receipts have this device's time.`,
  askClock: (says: string) => `Is it ${says} now?`,
  askClockHelp: (known: string) =>
    `That is what this device's clock says, but the store was last heard long before. If you say no, receipts have the last time that is known, ${known}, until the store answers.`,
  clockIsRight: 'Yes, that is right',
  clockIsWrong: 'No, the clock is wrong',
  clockWrong: (says: string) => `The clock of this device says ${says}`,
  clockWrongHelp: (known: string) =>
    `That cannot be. You can sell: until the store answers, receipts have the last time that is known, ${known}. Please set the clock.`,
  goOn: 'Go on',
  momentUncertain: 'The time is not certain: the clock was wrong',
  askWeight: (text: string) => `How much ${text}?`,
  weightHint: {
    PCS: 'Pieces, such as 3',
    KG: 'Kilograms, such as 0.345. At most 100',
    G: 'Grams, such as 345',
    L: 'Litres, such as 0.5. At most 100',
    ML: 'Millilitres, such as 250',
    M: 'Metres, such as 2.4. At most 100',
  } satisfies Record<Unit, string>,
  cashAsk: (amount: string) => `${amount} in cash?`,
  cashChange: (change: string) => `That is ${change} in change. A barcode may have been keyed as an amount.`,
  cashOrCode: (amount: string) => `Is ${amount} cash, or a code?`,
  cashOrCodeHelp: 'It came as fast as a scanner types.',
  itIsCode: (code: string) => `Code ${code}`,
  neither: 'Neither',
  cashSlip: 'No, back',
  cashRight: (amount: string) => `Yes, ${amount} was handed over`,
  warning: (what: string, code: RefusalCode) => `A new ${what} was refused: ${refusals[code]}. The old one is still in use.`,
  warningPrices: 'price file',
  warningStaff: 'list of staff',
  warningEnrolment: 'set-up',

  warningEmergency: 'emergency cloud',
  warningEmergencyPrices: 'emergency price file',
  warningOrder: (code: RefusalCode) => `An order of the emergency cloud was refused: ${orderRefusals[code]}. Nothing has changed.`,
  saleDropped: (lines: number) =>
    `The open sale (${lines === 1 ? '1 line' : `${lines} lines`}) has ended, unpaid. Press C and scan it again.`,
  unreadable: (what: string) =>
    `This sale cannot be signed as it is (${what}), so there is no receipt. It is kept. Ask the manager. Press C.`,
  saleWaits: 'Paid. The receipt comes when the emergency cloud answers. Press C.',
  saleKept: 'Money has been taken for this sale: finish it as it is. Press C.',

  // Emergency
  emergency: 'Emergency',
  emergencyWord: 'EMERGENCY',
  emergencyPrices: (day: string) => `Prices of ${day}. Sales are kept safe.`,
  emergencyEntering: 'One moment: waiting for the emergency cloud.',
  emergencyFetching: 'One moment: the prices are being fetched.',
  emergencyNoBackup: 'No backup of this store: nothing can be sold here.',
  emergencyFinish: 'Finish this sale; then selling pauses.',
  emergencyReleased: 'Selling pauses while the store comes home.',
  emergencyRecovered: 'The store is back. Connect this device again.',
  notSelling: 'Selling pauses',
  standstill: {
    ENTERING: 'Not yet: waiting for the emergency cloud. Press C.',
    FETCHING: 'Not yet: the prices are being fetched. Press C.',
    NO_BACKUP: 'There is no backup to sell from: tell the manager. Press C.',
    RELEASED: 'Selling pauses while the store comes home. Press C.',
    RECOVERED: 'The store is back: connect this device again. Press C.',
  },
  standstillHelp: {
    ENTERING: 'Waiting for the emergency cloud. This device tries again by itself; all that it has sold is safe on it.',
    FETCHING: 'The prices are on their way. Selling begins by itself.',
    NO_BACKUP:
      'There was no backup of this store when the emergency began, so this device has no prices that can be trusted. What it has sold is safe. Sell by another way, and tell the manager.',
    RELEASED: 'Selling pauses while the store comes home. Leave this device on: it sends what it has sold, and says when to go on.',
    RECOVERED: 'The store is back.',
  },
  homeTitle: 'Connect this device again',
  homeHelp:
    'The emergency is over for this store, and selling can begin. Get a code on the pages of the store, under POSs, for the same POS as before. Receipts begin a new series.',
  homeWaiting: (count: number) =>
    `${count === 1 ? '1 record of the emergency is' : `${count} records of the emergency are`} still being sent. You can connect meanwhile.`,
  outages: {
    RECEIPT_SEARCH: 'Receipt search: the receipts are with the store, and nothing calls it',
    RETURNS: 'Returns: the receipt cannot be looked up',
    INTEGRATIONS: 'Club, webshop and other integrations: they run on the systems of the chain',
    ACCOUNT_CUSTOMERS: 'New account customers and their limits: they are kept by store and chain',
    PRICE_CHANGES: 'New prices and articles: this device sells from the backup',
    STAFF_CHANGES: 'New colleagues and PINs: they come from the store',
    PORTAL: 'The portal: your sales come to it afterwards',
    STATIONARY: 'Stationary POSs and self-checkouts: do not use them',
  } satisfies Record<(typeof OUTAGES)[number], string>,
  outagesTitle: 'Off in the emergency, and why:',
  receiptsOff:
    "Receipt search and returns are off in the emergency: the receipts are with the store, and nothing calls the store now. They are back with it. A new sale's receipt can be printed as always.",
  unpairOff: 'This device cannot be disconnected in the emergency: its store cannot be told.',
  readyWith: (at: string) => `ready, prices of ${at}`,
  readyNot: 'not ready: ',
  unready: {
    NO_CLOUD: 'this chain has no emergency cloud',
    NOT_ASKED: 'not checked yet',
    UNREACHABLE: 'the emergency cloud does not answer',
    TURNED_AWAY: 'it does not accept this device: tell the manager',
    NO_BACKUP: 'it has no proven backup of this store yet',
    REFUSED: 'its answer was not to be trusted',
  },
  readyUnreached: (at: string) => `last check ${at}`,

  // Payment
  toPay: 'To pay',
  inCash: 'In cash',
  paid: 'Paid',
  cash: 'Cash',
  card: 'Card',
  cashAmount: (amount: string) => `Cash ${amount}`,
  payCard: (amount: string) => `Card ${amount}`,
  finish: 'Finish the sale',
  noTerminal: 'No card terminal is connected to this POS.',
  cardSent: 'Follow the terminal',
  cardSentHelp: 'The customer pays on the terminal.',
  cardUnknown: 'Nobody knows yet whether the card was charged',
  cardUnknownHelp: 'Do not charge again. The terminal is being asked; the sale goes on as soon as it answers.',
  askTerminal: 'Ask the terminal now',
  stopCard: 'Stop the payment',
  terminalDead: 'The terminal does not answer at all',
  terminalDeadHelp: "Look at the terminal's own display or slip. What does it say about this amount?",
  terminalSaysPaid: 'It says: approved',
  terminalSaysNot: 'It says: not approved',

  // Receipt
  receipt: 'Receipt',
  copy: 'COPY',
  change: 'Change',
  rounding: 'Rounding',
  vatRate: 'VAT',
  vatGross: 'With VAT',
  vatAmount: 'VAT',
  servedBy: 'Served by',
  print: 'Print',
  newSale: 'New sale',
  qrLabel: 'QR code of the receipt',
  thanks: 'Thank you for your visit',

  // Receipts
  receipts: 'Receipts',
  receiptsSearch: 'Number, amount or article',
  from: 'From',
  to: 'To',
  receiptsOwn: 'No line to the store: only receipts of this device.',
  receiptsNone: 'No receipt fits.',
  receiptsMore: 'Show more',
  receiptUnsent: 'not sent yet',
  receiptAside: 'set aside by the store',
  receiptNoAnswer: 'The store does not answer; only receipts of this device can be shown now.',

  // Unsent
  unsent: 'Unsent sales',
  unsentNone: 'Everything has been sent.',
  unsentHelp: 'They are safe on this device and leave by themselves when the line is back.',
  unsentOthers: (count: number) => `${count} other records wait.`,
  retry: 'Send now',
  rescueExport: 'Save to a file',
  rescueHelp:
    'If this device will not get a line again, or its store was put back and does not know it, save the sales to a file and upload it on another device of the store. They also stay here. What the store has already is not booked twice.',
  rescueUpload: "Upload another device's file",
  rescueDone: (booked: number, known: number, aside: number) => `${booked} booked, ${known} known already, ${aside} set aside.`,
  rescueBad: 'This is not a rescue file.',
  reason: (code: string, inEmergency = false) =>
    ({
      '': 'not tried yet',
      'no-answer': inEmergency ? 'no line to the emergency cloud' : 'no line to the store',
      'unknown-device': inEmergency
        ? 'the emergency cloud does not know this device: tell the manager'
        : 'the store does not know this device: tell the manager',
      'device-revoked': 'this device is blocked: tell the manager',
      'not-approved': 'this device is new since the emergency began: it waits to be approved. Tell the manager',
      'disk-full': inEmergency ? "the emergency cloud's disk is full: tell the manager" : "the store's disk is full: tell the manager",
      busy: inEmergency ? 'the emergency cloud is busy' : 'the store is busy',
      'clock-skew': "this device's clock is wrong",
    })[code] ?? code,

  // Settings
  settings: 'Settings',
  about: 'About this device',
  version: 'App version',
  store: 'Store',
  pos: 'POS',
  series: 'Series',
  priceFile: 'Price file',
  priceFileOf: (version: number, articles: string, at: string) => `version ${version}, ${articles} articles, ${at}`,
  staffList: 'Staff list',
  versionOf: (version: number) => `version ${version}`,
  none: 'none yet',
  keeps: 'Sales kept here',
  keepsOf: (sent: string, forStore: string) => `the last ${sent}; and up to ${forStore} until the chain has them`,
  storage: 'Storage',
  storagePersistent: 'kept by the browser',
  storageNot: 'not promised by the browser',
  clockOffset: "This device's clock",
  clockOffsetOf: (off: number) => (Math.abs(off) < 1_000 ? 'right' : `${timespan(off)} ${off > 0 ? 'fast' : 'slow'}`),
  language: 'Language',
  look: 'Look',
  lookSystem: 'As the device',
  lookLight: 'Light',
  lookDark: 'Dark',
  sounds: 'Sounds',
  soundsOn: 'On',
  soundsOff: 'Muted',
  update: 'Update the app',
  updateReady: 'A new version is ready.',
  updateAfterSale: 'A new version is ready; it is taken when this sale is done.',
  updateTooOld: 'The store asks for a newer app. Selling goes on; update when you can.',
  unpair: 'Disconnect this device',
  unpairHelp: 'Ends this device at its store and empties it. Only when everything has been sent and no sale is open.',
  unpairType: (word: string) => `Type ${word} to disconnect`,
  unpairWord: 'DISCONNECT',
  unpairWaiting: 'Not yet: there are unsent sales or an open sale on this device.',
  unpairOffline: 'Not yet: the store does not answer, and must know that this device ends.',

  // Other tab
  otherTab: 'The till is open in another tab',
  otherTabHelp: 'Only one tab sells, so that no receipt number is used twice.',
  takeOver: 'Use this tab',
  outdated: 'The app was updated in another tab.',
  reload: 'Load the new version',
};

export type Texts = typeof en;
