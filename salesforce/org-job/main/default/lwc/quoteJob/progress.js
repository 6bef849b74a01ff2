// How far a job is, from either source: the platform event JobProgress__e and the operation getJob.

/** States after which nothing more happens, unless somebody retries the job. */
const FINAL = ['completed', 'cancelled', 'failed'];

const LABELS = {
    queued: 'Waiting for a worker',
    running: 'Running',
    needsAuthorization: 'Waiting for authorization: the session that started the job has expired',
    cancelling: 'Cancelling',
    finishing: 'Finishing',
    completed: 'Completed',
    cancelled: 'Cancelled',
    failed: 'Failed'
};

/**
 * @typedef {{error: ?string, attempts: number, nextTry: ?number, silentSince: ?number, restsUntil: ?number}} Trouble
 *   Why a job does not move; times are in milliseconds since 1970.
 * @typedef {{jobId: string, state: string, percent: number, planned: number, processed: number, succeeded: number,
 *   skipped: number, failed: number, reason: ?string, trouble: ?Trouble, began: ?number, ended: ?number}} Progress
 *   `planned` are the records planned so far; it may grow. `began` and `ended` are in milliseconds since 1970. They, the reason
 *   and the trouble (which is undefined then) are not known from events.
 */

/** The progress of a job that has just been accepted, or of one of which nothing is known yet. @returns {Progress} */
export function initial(jobId, began = null) {
    return {
        jobId,
        state: 'queued',
        percent: 0,
        planned: 0,
        processed: 0,
        succeeded: 0,
        skipped: 0,
        failed: 0,
        reason: null,
        trouble: null,
        began,
        ended: null
    };
}

/** @param {object} event payload of a JobProgress__e @returns {Progress} */
export function fromEvent(event) {
    return {
        jobId: event.JobId__c,
        state: event.State__c,
        percent: event.Percent__c ?? 0,
        planned: event.Planned__c ?? 0,
        processed: event.Processed__c ?? 0,
        succeeded: event.Succeeded__c ?? 0,
        skipped: event.Skipped__c ?? 0,
        failed: event.Failed__c ?? 0,
        reason: null,
        trouble: undefined,
        began: null,
        ended: null
    };
}

/** @param {object} job of QuoteJobController @returns {Progress} */
export function fromJob(job) {
    return {
        jobId: job.id,
        state: job.state,
        percent: percent(job),
        planned: job.plannedRecords,
        processed: job.processed,
        succeeded: job.succeeded,
        skipped: job.skipped,
        failed: job.failed,
        reason: job.reason ?? null,
        trouble: troubleOf(job),
        began: time(job.createdAt),
        ended: time(job.finishedAt)
    };
}

/** @param {object} job of QuoteJobController @returns {?Trouble} nothing of a job that moves, or has ended */
function troubleOf({ state, trouble }) {
    const silentSince = time(trouble?.silentSince);
    const restsUntil = time(trouble?.pausedUntil);
    if (isFinal(state) || !(trouble?.lastError || silentSince || restsUntil)) {
        return null;
    }
    return {
        error: trouble.lastError ?? null,
        attempts: trouble.attempts ?? 0,
        nextTry: time(trouble.nextTryAt),
        silentSince,
        restsUntil
    };
}

/** @param {Trouble} trouble @param {number} now in milliseconds since 1970 @returns {string[]} sentences: why a job does not move */
export function sentencesOf({ error, attempts, nextTry, silentSince, restsUntil }, now) {
    const sentences = [];
    if (silentSince !== null) {
        sentences.push(`The org has not answered for ${duration(now - silentSince)}.`);
    } else if (restsUntil !== null && restsUntil > now) {
        sentences.push(`All jobs of the org rest for ${duration(restsUntil - now)}.`);
    }
    if (error !== null) {
        const tried = attempts > 0 ? ` (tried ${attempts === 1 ? 'once' : `${attempts} times`})` : '';
        sentences.push(`${error}${tried}`);
    }
    if (nextTry !== null) {
        sentences.push(nextTry > now ? `Next try in ${duration(nextTry - now)}.` : 'It is being tried again.');
    }
    return sentences;
}

/** Whole percent, 100 only when the job has ended: as the events count it. */
function percent({ state, plannedRecords, processed }) {
    if (isFinal(state)) {
        return 100;
    }
    return plannedRecords > 0 ? Math.min(99, Math.floor((processed * 100) / plannedRecords)) : 0;
}

/** @param {?string} text as Apex gives a Datetime @returns {?number} milliseconds since 1970 */
function time(text) {
    return text ? Date.parse(text) : null;
}

/**
 * How long a job has run, or ran, in words.
 * @param {number} milliseconds
 */
export function duration(milliseconds) {
    const seconds = Math.max(0, Math.floor(milliseconds / 1000));
    const parts = [
        [Math.floor(seconds / 3600), 'h'],
        [Math.floor(seconds / 60) % 60, 'min'],
        [seconds % 60, 's']
    ];
    const first = parts.findIndex(([count]) => count > 0);
    return parts
        .slice(first < 0 ? -1 : first)
        .map(([count, unit]) => `${count} ${unit}`)
        .join(' ');
}

export function isFinal(state) {
    return FINAL.includes(state);
}

export function labelOf(state) {
    return LABELS[state] ?? state;
}

/** Whether `next` says nothing newer than `current`: events and answers can overtake each other. */
export function isOlder(next, current) {
    return (isFinal(current.state) && !isFinal(next.state)) || next.processed < current.processed;
}
