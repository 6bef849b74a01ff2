import { LightningElement } from 'lwc';
import { isEmpEnabled, onError, subscribe, unsubscribe } from 'lightning/empApi';
import startJob from '@salesforce/apex/QuoteJobController.startJob';
import getJob from '@salesforce/apex/QuoteJobController.getJob';
import cancelJob from '@salesforce/apex/QuoteJobController.cancelJob';
import resumeJob from '@salesforce/apex/QuoteJobController.resumeJob';
import { duration, fromEvent, fromJob, initial, isFinal, isOlder, labelOf, sentencesOf } from './progress';

const CHANNEL = '/event/JobProgress__e';
/** Only events from now on. */
const NEW_EVENTS = -1;
/** How long no event may come before the job is asked for: events are a hint that can be lost. */
const SILENCE_MS = 5000;
/** How often the elapsed time is shown anew. */
const TICK_MS = 1000;
/** The job that this browser tab shows, so that it is there again after a reload. */
const STORAGE_KEY = 'quoteJob.jobId';

/** Starts a quote job and shows how far it is. */
export default class QuoteJob extends LightningElement {
    whereClause = '';
    /** @type {?import('./progress').Progress} */
    progress = null;
    error = null;
    announcement = '';
    /** True while Apex runs. */
    isCalling = false;

    /** Time of the browser; the elapsed time follows it. */
    now = Date.now();

    subscription = null;
    timer = null;
    clock = null;

    connectedCallback() {
        onError((error) => this.handleStreamError(error));
        const jobId = sessionStorage.getItem(STORAGE_KEY);
        if (jobId) {
            this.watch(initial(jobId));
            this.poll();
        }
    }

    disconnectedCallback() {
        this.stopWatching();
    }

    get isRunning() {
        return this.progress !== null && !isFinal(this.progress.state);
    }

    get isBusy() {
        return this.isCalling || this.isRunning;
    }

    get canCancel() {
        return this.isRunning && this.progress.state !== 'cancelling';
    }

    get canResume() {
        return this.progress?.state === 'needsAuthorization';
    }

    get stateLabel() {
        return `${labelOf(this.progress.state)} (${this.progress.percent} %)`;
    }

    get countsLabel() {
        const { planned, processed, succeeded, skipped, failed } = this.progress;
        return `${processed} of ${planned} Opportunities: ${succeeded} quoted, ${skipped} without products, ${failed} failed`;
    }

    /** Nothing while it is not known when the job began. */
    get elapsedLabel() {
        const { began, ended } = this.progress;
        if (began === null) {
            return null;
        }
        if (this.isRunning) {
            return `Elapsed: ${duration(this.now - began)}`;
        }
        return ended === null ? null : `Took ${duration(ended - began)}`;
    }

    /** Why the job does not move, in sentences; nothing while it does. */
    get trouble() {
        const { trouble } = this.progress;
        return trouble && sentencesOf(trouble, this.now).map((text, key) => ({ key, text }));
    }

    get barStyle() {
        return `width: ${this.progress.percent}%`;
    }

    handleWhereClause(event) {
        this.whereClause = event.detail.value;
    }

    async handleStart() {
        const input = this.template.querySelector('lightning-textarea');
        if (!input.reportValidity()) {
            return;
        }
        const jobId = await this.call(() => startJob({ whereClause: this.whereClause.trim() }));
        if (jobId) {
            sessionStorage.setItem(STORAGE_KEY, jobId);
            this.watch(initial(jobId, Date.now()));
            // What happened before the subscription was there is in the answer.
            await this.poll();
        }
    }

    async handleCancel() {
        await this.update(cancelJob);
    }

    async handleResume() {
        await this.update(resumeJob);
    }

    /** Has Apex change the job, and shows what became of it. */
    async update(method) {
        const { jobId } = this.progress;
        const job = await this.call(() => method({ jobId }));
        if (job) {
            this.show(fromJob(job));
        }
    }

    /** Runs a call for the user: its failure is shown, and nothing else can be clicked meanwhile. */
    async call(action) {
        this.isCalling = true;
        this.error = null;
        try {
            return await action();
        } catch (error) {
            this.error = messageOf(error);
            return null;
        } finally {
            this.isCalling = false;
        }
    }

    /** Shows a job and follows it. */
    watch(progress) {
        this.stopWatching();
        this.progress = progress;
        this.announcement = labelOf(progress.state);
        this.pollLater();
        this.startClock();
        this.follow();
    }

    startClock() {
        this.now = Date.now();
        // stopWatching() ends it when the component goes. code-analyzer-suppress(@lwc/lwc/no-async-operation)
        this.clock = setInterval(() => (this.now = Date.now()), TICK_MS);
        // code-analyzer-unsuppress(@lwc/lwc/no-async-operation)
    }

    /** Subscribes to the events. Where that is not possible, polling is enough. */
    async follow() {
        try {
            if (!(await isEmpEnabled())) {
                return;
            }
            const subscription = await subscribe(CHANNEL, NEW_EVENTS, ({ data }) => this.handleEvent(data.payload));
            if (this.isConnected && this.isRunning && !this.subscription) {
                this.subscription = subscription;
            } else {
                unsubscribe(subscription, () => {});
            }
        } catch (error) {
            this.handleStreamError(error);
        }
    }

    handleEvent(payload) {
        if (payload.JobId__c !== this.progress?.jobId || !this.isRunning) {
            return;
        }
        this.show(fromEvent(payload));
        if (!this.isRunning) {
            // Only the answer has the reason.
            this.poll();
        }
    }

    handleStreamError(error) {
        // Polling goes on, so this is no concern of the user's.
        console.warn('JobProgress__e cannot be received', error);
    }

    /** Asks where the job stands, without disturbing anybody. */
    async poll() {
        const { jobId } = this.progress;
        try {
            const job = await getJob({ jobId });
            if (jobId !== this.progress?.jobId) {
                return;
            }
            this.error = null;
            if (job) {
                this.show(fromJob(job));
            } else {
                this.forget();
            }
        } catch (error) {
            if (jobId === this.progress?.jobId) {
                this.error = messageOf(error);
                this.pollLater();
            }
        }
    }

    show(progress) {
        if (isOlder(progress, this.progress)) {
            // It says nothing, but the next one may.
            this.pollLater();
            return;
        }
        if (progress.state !== this.progress.state) {
            this.announcement = labelOf(progress.state);
        }
        this.progress = {
            ...progress,
            reason: progress.reason ?? this.progress.reason,
            trouble: this.troubleOf(progress),
            began: this.beginOf(progress),
            ended: progress.ended ?? this.progress.ended
        };
        if (this.isRunning) {
            this.pollLater();
        } else {
            this.stopWatching();
        }
    }

    /** Events tell of no trouble: while nothing has moved, the last answer's stays. */
    troubleOf({ trouble, state, processed }) {
        if (trouble !== undefined) {
            return trouble;
        }
        const before = this.progress;
        return state === before.state && processed === before.processed ? before.trouble : null;
    }

    /** The browser's clock, where it saw the job begin, may differ from the service's; so an end and its begin are of one. */
    beginOf({ began, ended }) {
        return ended === null ? (this.progress.began ?? began) : began;
    }

    /** The job is gone: ended jobs are kept for some days only. */
    forget() {
        this.stopWatching();
        this.progress = null;
        sessionStorage.removeItem(STORAGE_KEY);
    }

    pollLater() {
        clearTimeout(this.timer);
        if (this.isConnected && this.isRunning) {
            // stopWatching() ends it when the component goes. code-analyzer-suppress(@lwc/lwc/no-async-operation)
            this.timer = setTimeout(() => this.poll(), SILENCE_MS);
            // code-analyzer-unsuppress(@lwc/lwc/no-async-operation)
        }
    }

    stopWatching() {
        clearTimeout(this.timer);
        clearInterval(this.clock);
        if (this.subscription) {
            unsubscribe(this.subscription, () => {});
            this.subscription = null;
        }
    }
}

/** The words of an error of Apex, or of the browser. */
function messageOf(error) {
    return error?.body?.message ?? error?.message ?? 'Unknown error';
}
